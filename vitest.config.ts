import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take longest, in order: what begins last must be short, or one worker waits for the other. */
const LONG = [
  'nats/faults',
  'faults/bit-flips',
  'cli/bench/bench',
  'library/reading-thread',
  'faults/disk-full',
  'cli/volume',
  'faults/io-errors',
  'cli/native-modules',
  'faults/failing-calls',
  'faults/archive-kills',
  'faults/archive-segments',
  'faults/archive',
  'faults/threaded-commits',
  'cli/pipes',
  'library/package',
  'faults/group-members',
  'faults/file-faults',
  'cli/partition-epochs',
  'faults/read-only',
  'faults/kill-9-compact',
  'faults/maintenance',
  'cli/input-ways',
  'cli/terminal',
  'faults/backup',
  'cli/errors',
  'core/emission/committer',
  'cli/replay-resume',
  'library/damaged-rows',
  'cli/resident',
  'cli/replay-into',
  'faults/signals',
  'cli/watch/watch',
  'faults/kill-9',
  'faults/broken-replay',
  'core/scheduler/simulation',
  'cli/sticky',
  'independent/read-ledger',
  'cli/determinism',
  'library/backup',
  'cli/emit-producer',
  'cli/tail-group',
  'core/emission/kernel',
  'bench/peers',
];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rest = await super.sort(files);
    const long = LONG.flatMap((name) => rest.filter(({ moduleId }) => moduleId.endsWith(`/test/${name}.test.ts`)));
    return [...long, ...rest.filter((file) => !long.includes(file))];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // one more than the cores of CI: a third of the time goes into waiting for processes, files and leases
    maxWorkers: 3,
    isolate: false,
    sequence: { sequencer: LongFirst },
    reporters: ['default'],
  },
});
