/** `npm run bench:peers -- [--events 1e6] [--size 200] [--rounds 5] [--dir DIRECTORY]`: the table on standard output, progress on standard error. */

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readByteSize, readCount, readWholeNumber } from '../../src/cli/app/whole-number.ts';
import { readSettings } from '../../src/cli/bench/settings.ts';
import { LedgerError } from '../../src/index.ts';
import { runBenchmark } from '../run-benchmark.ts';
import { completengine } from './completengine.ts';
import { duckdb } from './duckdb.ts';
import { jetstream } from './jetstream.ts';
import { PARTITIONS } from './lanes.ts';
import type { Feed } from './peer.ts';
import { plainFile } from './plain-file.ts';
import { redisStreams } from './redis-streams.ts';
import { peersTable } from './report.ts';
import { runPeers } from './run.ts';
import { sqliteImport } from './sqlite-import.ts';

// both the source and the bundle are two folders below the root
const ours = completengine(fileURLToPath(new URL('../..', import.meta.url)));
const FEEDS: readonly Feed[] = ['from-lines', 'ready-made'];
const servers = FEEDS.flatMap((feed) => [
  redisStreams('everysec', feed),
  redisStreams('always', feed),
  jetstream(feed),
]);
const PEERS = [ours, ...servers, duckdb, sqliteImport, plainFile];

await runBenchmark(async ({ signal, onProgress }) => {
  const flags = readFlags();
  const { events, lineBytes } = readSettings({
    events: readCount(flags.events),
    size: readByteSize(flags.size),
    partitions: PARTITIONS,
    routing: 'hash:tenant',
    durability: 'full',
  });
  const settings = {
    events,
    lineBytes,
    rounds: readWholeNumber(flags.rounds, { noun: 'a number of rounds', hint: 'write 5', least: 1 }),
  };
  const report = await runPeers({ ...settings, peers: PEERS, parent: flags.dir, signal, onProgress });
  process.stdout.write(`${peersTable(report, settings, ours.name)}\n`);
  if (report.failed.length > 0) process.exitCode = 1;
});

function readFlags() {
  const text = (fallback: string) => ({ type: 'string', default: fallback }) as const;
  try {
    const { values } = parseArgs({
      options: { events: text('1e6'), size: text('200'), rounds: text('5'), dir: { type: 'string' } },
    });
    return values;
  } catch (error) {
    throw new LedgerError('INVALID_ARGUMENT', {
      message: (error as Error).message,
      hint: 'use --events N, --size BYTES, --rounds N, --dir DIRECTORY',
      cause: error,
    });
  }
}
