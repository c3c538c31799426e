import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take longest, in order: what begins last must be short, or one worker waits for the other. */
const LONG = [
  'faults/bit-flips',
  'cli/volume',
  'library/reading-thread',
  'cli/bench/bench',
  'faults/io-errors',
  'faults/group-members',
  'cli/input-ways',
  'faults/disk-full',
  'cli/partition-epochs',
  'core/emission/committer',
  'core/scheduler/simulation',
  'faults/kill-9',
  'cli/replay-into',
  'library/package',
  'faults/file-faults',
  'faults/broken-replay',
  'faults/threaded-commits',
  'faults/signals',
  'core/emission/kernel',
  'cli/replay-resume',
  'cli/tail-group',
  'cli/determinism',
  'cli/resident',
  'cli/concurrency',
  'cli/watch/watch',
  'cli/pipes',
  'cli/terminal',
  'library/epochs-volume',
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
    // two cores: files run beside each other, and each file's tests one after the other
    maxWorkers: 2,
    isolate: false,
    sequence: { sequencer: LongFirst },
    reporters: ['default'],
  },
});
