/** A sample measurement for tests of comparison and output. */

import type { BenchDocument, Throughput } from '../../src/cli/bench/document.ts';

const throughput: Throughput = {
  wallMs: 1000,
  eventsPerSecond: 1_000_000,
  bytesPerSecond: 200_000_000,
  netEventsPerSecond: 1_100_000,
  roundsMs: [1000],
};

export const DOCUMENT: BenchDocument = {
  kind: 'completengine bench',
  format: 1,
  measuredAt: '2026-04-12T09:00:00.000Z',
  settings: {
    events: 1_000_000,
    lineBytes: 200,
    partitions: 8,
    routing: 'hash:tenant',
    durability: 'full',
    time: 'time',
    synchronous: 'FULL',
  },
  machine: {
    completengine: '0.1.0',
    node: 'v20.20.2',
    storage: 'SQLite 3.53.2',
    cpu: 'A processor',
    cores: 2,
    memoryBytes: 8_000_000_000,
    platform: 'linux 6.1 x64',
    fileSystem: 'ext4',
  },
  figures: {
    emit: { ...throughput, commits: 100, peakResidentBytes: 150_000_000 },
    replay: { strict: throughput, relaxed: throughput },
    storage: { inputBytes: 200_000_000, ledgerBytes: 220_000_000, ratioToInput: 1.1 },
    start: { nodeMs: 40, emitOneMs: 80, ratioToNode: 2 },
    commit: { count: 5000, p50Ms: 1, p90Ms: 2, p99Ms: 3, p999Ms: 4, maxMs: 5, perSecond: 900 },
    wakeup: { count: 300, p50Ms: 1, p90Ms: 2, p99Ms: 3, p999Ms: 4, maxMs: 5 },
    fsync: { count: 500, medianMs: 0.5, seemsToFlush: true },
  },
};
