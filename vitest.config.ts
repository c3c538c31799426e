import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take longest, in order: what begins last must be short, or one worker waits for the other. */
const LONG = [
  'core/scheduler/simulation',
  'faults/bit-flips',
  'faults/kill-9',
  'faults/io-errors',
  'cli/volume',
  'library/reading-thread',
  'faults/disk-full',
  'bench/peers',
  'cli/input-ways',
  'cli/resident',
  'cli/replay-into',
  'cli/bench/bench',
  'faults/signals',
  'faults/group-members',
  'cli/partition-epochs',
  'faults/file-faults',
  'library/package',
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
