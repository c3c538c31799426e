import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take longest, in order: what begins last must be short, or one worker waits for the other. */
const LONG = [
  'cli/nats/cluster',
  'nats/faults',
  'faults/threaded-commits',
  'faults/io-errors',
  'cli/bench/bench',
  'library/reading-thread',
  'faults/read-only',
  'faults/disk-full',
  'cli/pipes',
  'faults/file-faults',
  'cli/native-modules',
  'library/package',
  'cli/input-ways',
  'cli/replay-resume',
  'cli/partition-epochs',
  'nats/ledger-faults',
  'cli/volume',
  'independent/read-ledger',
  'faults/failing-calls',
  'cli/terminal',
  'faults/broken-replay',
  'cli/sticky',
  'faults/bit-flips',
  'faults/archive-kills',
  'operations',
  'library/backup',
  'library/damaged-rows',
  'cli/tail-group',
  'cli/errors',
  'cli/watch/watch',
  'faults/signals',
  'faults/group-members',
  'faults/backup',
  'cli/resident',
  'library/sticky',
  'cli/replay-into',
  'library/epochs-volume',
  'readme',
  'faults/kill-9-compact',
  'faults/left-wal',
  'cli/emit-producer',
  'cli/determinism',
  'cli/tail-filter',
  'nats/routings',
  'cli/help',
  'cli/emit-given',
  'faults/archive',
  'nats/outage',
  'nats/group-members',
  'ledger-contract/commits',
  'cli/backup',
  'ledger-contract/history',
  'library/sticky-volume',
  'library/writing-thread',
  'cli/replay-range',
  'core/model/frame-body',
  'faults/mark-file',
  'library/replay-key.property',
  'library/thread-end',
  'core/round-trip.property',
  'nats/foreign-messages',
  'cli/nats/commands',
  'library/tail-filter',
  'ledger-contract/groups',
  'nats/writers',
  'cli/taken-files',
  'cli/replay-to-group',
  'faults/read-errors',
  'cli/tail',
  'formats/formats',
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
