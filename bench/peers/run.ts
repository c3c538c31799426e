/** Runs all peers alternately, round by round, so that other load on the machine affects all of them. */

import { createWriteStream, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EventMaker } from '../../src/cli/bench/events.ts';
import { runScript } from '../../src/cli/bench/processes.ts';
import { median } from '../../src/cli/bench/samples.ts';
import { Workplace } from '../../src/cli/bench/workplace.ts';
import { PARTITIONS } from './lanes.ts';
import type { Outcome, Peer, Workload } from './peer.ts';

export interface PeersOptions {
  /** Ours first: the others are compared with it. */
  readonly peers: readonly Peer[];
  readonly events: number;
  readonly lineBytes: number;
  readonly rounds: number;
  /** Parent of the temporary directory. Default: that of the system. */
  readonly parent?: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** The input, the prepared requests of two servers, and the data of a peer. */
const DISK_PER_INPUT = 5;

export interface Result {
  readonly peer: Peer;
  readonly version: string;
  /** The median of the rounds. */
  readonly ms: number;
  /** Bytes in the peer's directory after the last round. */
  readonly diskBytes: number;
}

export interface PeersReport {
  readonly results: readonly Result[];
  /** Peers that are not installed. */
  readonly absent: readonly Peer[];
  /** Peers that failed, or did not have all events at the end: they get no figure. */
  readonly failed: readonly { peer: Peer; reason: string }[];
}

interface Contestant {
  readonly peer: Peer;
  readonly version: string;
  readonly rounds: { ms: number; diskBytes: number }[];
  failure: string | undefined;
}

export async function runPeers(options: PeersOptions): Promise<PeersReport> {
  const { peers, rounds, signal, onProgress } = options;
  const workplace = Workplace.make(
    options.parent ?? tmpdir(),
    options.events * options.lineBytes * DISK_PER_INPUT,
    signal,
  );
  try {
    const { contestants, absent } = await enlist(peers, signal);
    onProgress(`generating ${options.events} events`);
    const workload = await makeWorkload(options, workplace);
    for (let round = 0; round < rounds; round++) {
      for (const contestant of inTurn(contestants, round)) {
        if (contestant.failure !== undefined) continue;
        onProgress(`round ${round + 1} of ${rounds}: ${contestant.peer.name}`);
        await attempt(contestant, { workload, directory: workplace.path('attempt'), signal });
      }
    }
    return { results: contestants.flatMap(toResult), absent, failed: contestants.flatMap(toFailure) };
  } finally {
    workplace.remove();
  }
}

async function enlist(
  peers: readonly Peer[],
  signal: AbortSignal,
): Promise<{ contestants: Contestant[]; absent: Peer[] }> {
  const contestants: Contestant[] = [];
  const absent: Peer[] = [];
  for (const peer of peers) {
    const version = await peer.version(signal);
    if (version === null) absent.push(peer);
    else contestants.push({ peer, version, rounds: [], failure: undefined });
  }
  return { contestants, absent };
}

async function makeWorkload({ events, lineBytes, signal }: PeersOptions, workplace: Workplace): Promise<Workload> {
  const maker = new EventMaker({ lineBytes, partitions: PARTITIONS });
  const input = workplace.path('input.jsonl');
  await pipeline(Readable.from(maker.chunks(events)), createWriteStream(input), { signal });
  return { events, lineBytes, maker, input, prepared: workplace.directory };
}

/** Each round starts with another peer, so that none always follows the same one. */
function inTurn(contestants: readonly Contestant[], round: number): Contestant[] {
  const first = round % Math.max(1, contestants.length);
  return [...contestants.slice(first), ...contestants.slice(0, first)];
}

async function attempt(
  contestant: Contestant,
  task: { workload: Workload; directory: string; signal: AbortSignal },
): Promise<void> {
  const { workload, directory, signal } = task;
  // unsynced data of another peer would be synced on this one's time
  await runScript('sync', [], signal);
  mkdirSync(directory);
  try {
    const outcome: Outcome = await contestant.peer.run(task);
    if (outcome.stored !== workload.events) throw new Error(`it stored ${outcome.stored} of ${workload.events} events`);
    contestant.rounds.push({ ms: outcome.ms, diskBytes: bytesIn(directory) });
  } catch (error) {
    if (signal.aborted) throw error;
    contestant.failure = (error as Error).message;
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

function bytesIn(directory: string): number {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.reduce(
    (sum, entry) => sum + (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

function toResult({ peer, version, rounds, failure }: Contestant): Result[] {
  if (failure !== undefined) return [];
  return [{ peer, version, ms: median(rounds.map(({ ms }) => ms)), diskBytes: rounds.at(-1)?.diskBytes ?? 0 }];
}

function toFailure({ peer, failure }: Contestant): { peer: Peer; reason: string }[] {
  return failure === undefined ? [] : [{ peer, reason: failure }];
}
