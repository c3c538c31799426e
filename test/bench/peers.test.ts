/** Tests the comparison with peers: each installed peer stores a small input, and a peer that lost events gets no figure. */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { completengine } from '../../bench/peers/completengine.ts';
import { duckdb } from '../../bench/peers/duckdb.ts';
import { jetstream } from '../../bench/peers/jetstream.ts';
import type { Attempt, Feed, Peer } from '../../bench/peers/peer.ts';
import { plainFile } from '../../bench/peers/plain-file.ts';
import { redisStreams } from '../../bench/peers/redis-streams.ts';
import { peersTable } from '../../bench/peers/report.ts';
import { runPeers } from '../../bench/peers/run.ts';
import { sqliteImport } from '../../bench/peers/sqlite-import.ts';
import { tempDir } from '../support/temp-dir.ts';

const OURS = completengine(fileURLToPath(new URL('../..', import.meta.url)));
/** More than the maximum of publications in flight. */
const EVENTS = 5003;

function compare(
  peers: readonly Peer[],
  { rounds = 1, parent = tempDir(), signal = new AbortController().signal } = {},
) {
  return runPeers({ peers, events: EVENTS, lineBytes: 200, rounds, parent, signal, onProgress: () => {} });
}

/** A store that is a function of the attempt. */
function store(name: string, run: (attempt: Attempt) => Promise<number>, version: string | null = '1.0'): Peer {
  return {
    name,
    needs: `${name} itself`,
    promise: 'nothing',
    version: async () => version,
    run: async (task) => ({ ms: 10, stored: await run(task) }),
  };
}

const installed = new Map<Peer, boolean>();
const FEEDS: readonly Feed[] = ['from-lines', 'ready-made'];

for (const peer of [
  OURS,
  ...FEEDS.flatMap((feed) => [redisStreams('everysec', feed), redisStreams('always', feed), jetstream(feed)]),
  duckdb,
  sqliteImport,
  plainFile,
]) {
  installed.set(peer, (await peer.version(new AbortController().signal)) !== null);
}

for (const [peer, isInstalled] of installed) {
  it.runIf(isInstalled)(`${peer.name} takes all of the events, twice, and nothing of it stays`, async () => {
    const parent = tempDir();
    const { results, failed } = await compare([peer], { rounds: 2, parent });
    expect(failed).toEqual([]);
    expect(results).toEqual([
      { peer, version: expect.stringMatching(/^(\d+\.|-$)/), ms: expect.any(Number), diskBytes: expect.any(Number) },
    ]);
    expect(results[0]?.ms).toBeGreaterThan(0);
    expect(results[0]?.diskBytes).toBeGreaterThan(EVENTS * 100);
    expect(readdirSync(parent)).toEqual([]);
  });
}

it('gives every peer the same input and a new directory, and starts each round with another peer', async () => {
  const order: string[] = [];
  const watching = (name: string) =>
    store(name, async ({ workload, directory }) => {
      order.push(name);
      expect(statSync(workload.input).size).toBe(EVENTS * 200);
      expect(readdirSync(directory)).toEqual([]);
      return EVENTS;
    });
  await compare([watching('a'), watching('b'), watching('c')], { rounds: 3 });
  expect(order.join('')).toBe('abcbcacab');
});

it('a peer that is not installed, loses an event or fails is named, and has no figure', async () => {
  const absent = store('Absent', async () => EVENTS, null);
  const forgetful = store('Forgetful', async () => EVENTS - 1);
  const broken = store('Broken', () => Promise.reject(new Error('it fell over')));
  const report = await compare([store('Ours', async () => EVENTS), absent, forgetful, broken], { rounds: 2 });
  const text = peersTable(report, { events: EVENTS, lineBytes: 200, rounds: 2 }, 'Ours');
  expect(text).toContain('| Ours | 1.0 | nothing | 500,000 | 100 | 0.00 | 1.00 x |');
  expect(text).toContain('Not installed, not measured: Absent (needs Absent itself).');
  expect(text).toContain('Failed, no figure: Forgetful: it stored 5002 of 5003 events');
  expect(text).toContain('Failed, no figure: Broken: it fell over');
  expect(text.match(/^\|/gm)).toHaveLength(3);
});

it('shows our speed as a multiple, in aligned Markdown columns', () => {
  const result = (name: string, ms: number) => ({
    peer: store(name, async () => 0),
    version: '1',
    ms,
    diskBytes: 3000,
  });
  const report = { results: [result('Ours', 100), result('a | b', 250)], absent: [], failed: [] };
  const text = peersTable(report, { events: 10, lineBytes: 200, rounds: 1 }, 'Ours');
  expect(text).toContain('| a \\| b | 1 | nothing | 40 | 0 | 1.50 | 2.50 x |');
});

it('leaves no files when stopped', async () => {
  const parent = tempDir();
  const controller = new AbortController();
  const stopping = store('Stopping', async ({ directory }) => {
    controller.abort();
    throw new Error(`stopped with ${join(directory, 'files')}`);
  });
  await expect(compare([stopping, OURS], { parent, signal: controller.signal })).rejects.toThrow('stopped');
  expect(readdirSync(parent)).toEqual([]);
});
