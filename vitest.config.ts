import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { memoryDirectory } from './test/support/memory-file-system.ts';
import { OPTIMIZE_LATER } from './test/support/node-flags.ts';
import { isSoak } from './test/support/test-size.ts';

/** Those that take longest, in order: what begins last must be short, or one worker waits for the other. */
const LONG = [
  'nats/faults',
  'faults/power-cut/power-cut',
  'library/reading-thread',
  'cli/bench/bench',
  'faults/disk-full',
  'nats/ledger-faults',
  'faults/threaded-commits',
  'faults/read-only',
  'cli/native-modules',
  'faults/hostile-files/hostile-files',
  'cli/taken-files',
  'cli/completion',
  'faults/io-errors',
  'cli/replay-resume',
  'faults/file-faults',
  'cli/nats/cluster',
  'cli/pipes',
  'cli/input-ways',
  'faults/bit-flips',
  'cli/partition-epochs',
  'faults/broken-replay',
  'nats/cut-off',
  'faults/archive-kills',
  'cli/sticky',
  'cli/volume',
  'faults/group-members',
  'independent/read-ledger',
  'library/backup',
  'library/damaged-rows',
  'cli/replay-into',
  'library/sticky',
  'cli/terminal',
  'cli/errors',
  'cli/tail-group',
  'cli/watch/watch',
  'faults/signals',
  'readme',
  'faults/failing-calls',
  'operations',
  'cli/resident',
  'faults/backup',
  'cli/help',
  'library/epochs-volume',
  'cli/determinism',
  'cli/emit-producer',
  'faults/hostile-files/terminal',
  'faults/hostile-files/forged-records',
  'nats/routings',
  'cli/tail-filter',
  'faults/left-wal',
  'core/emission/committer',
  'library/sticky-volume',
  'cli/emit-given',
  'core/round-trip.property',
  'nats/framed',
  'nats/outage',
  'faults/kill-9-compact',
  'cli/replay-range',
  'cli/replay-to-group',
  'formats/formats',
  'library/package',
  'cli/backup',
  'core/model/frame-body',
  'cli/nats/commands',
  'ledger-contract/groups',
  'library/writing-thread',
  'library/tail-filter',
  'ledger-contract/history',
  'library/thread-end',
  'faults/archive',
  'faults/file-locks',
  'cli/concurrency',
  'nats/writers',
  'library/replay-key.property',
  'nats/foreign-messages',
  'cli/archive',
  'faults/maintenance',
  'cli/emit',
  'core/emission/kernel',
  'cli/inspect',
  'bench/peers',
  'core/replay-range',
  'cli/tail',
  'faults/kill-9-epoch',
  'faults/checkpoint-fails',
  'core/output/command-run',
  'cli/nats/failures',
  'faults/commands',
  'nats/records',
];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rest = await super.sort(files);
    const long = LONG.flatMap((name) => rest.filter(({ moduleId }) => moduleId.endsWith(`/test/${name}.test.ts`)));
    return [...long, ...rest.filter((file) => !long.includes(file))];
  }
}

// Node reads these at the start of every process: 60 of the 190 ms of a command, in thousands of commands, of which none needs them
delete process.env['NODE_EXTRA_CA_CERTS'];

// fsync, and names made and removed, are 8 % of the time of a run: 241 and 222 s. A soak runs on the disk, and so does what names a directory.
const memory = isSoak || process.env['TMPDIR'] !== undefined ? null : memoryDirectory();
if (memory !== null) process.env['TMPDIR'] = memory;

// indexes of ledgers that are gone after the test would stay in the home directory
const cache = mkdtempSync(join(tmpdir(), 'completengine-test-cache-'));
process.env['XDG_CACHE_HOME'] = cache;
process.once('exit', () => rmSync(cache, { recursive: true, force: true }));

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // one more than the cores of CI: a third of the time goes into waiting for processes, files and leases
    maxWorkers: 4,
    isolate: false,
    execArgv: [...OPTIMIZE_LATER],
    sequence: { sequencer: LongFirst },
    reporters: ['default'],
  },
});
