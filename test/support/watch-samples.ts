/** Builds samples for the live page without a ledger. */

import type { GroupDescription, LedgerIdentity } from '../../src/index.ts';
import { hashOf } from '../../src/index.ts';
import type { Sample } from '../../src/views/sample.ts';

const MICROS_PER_MS = 1000;
export const START = Date.UTC(2026, 3, 12, 9) * MICROS_PER_MS;

export interface SampleFacts {
  readonly atMs: number;
  /** Events by partition. */
  readonly events: readonly number[];
  readonly growth?: Sample['gauges']['growth'];
  readonly groups?: readonly GroupDescription[];
  readonly names?: readonly string[];
  readonly path?: string;
  readonly producers?: Sample['gauges']['producers'];
}

export function sampleOf({
  atMs,
  events,
  growth = null,
  groups = [],
  names,
  path = '/var/lib/events.codex',
  producers = [],
}: SampleFacts): Sample {
  const sequence = events.reduce((sum, count) => sum + count, 0);
  const partitions = events.map((count, id) => ({
    id,
    name: names?.[id] ?? `p${id}`,
    events: count,
    lastTime: count === 0 ? null : START,
  }));
  const identity: LedgerIdentity = {
    path,
    uuid: '01234567-89ab-4cde-8f01-23456789abcd',
    createdAt: START,
    config: {
      time: null,
      unique: null,
      zone: null,
      durability: 'full',
      determinism: 'strict',
      lineBytesMax: 1_048_576,
      compression: null,
      layout: null,
    },
    epochs: [
      {
        epoch: 1,
        fromSequence: 1,
        spec: hashOf('tenant'),
        partitionIds: partitions.map(({ id }) => id),
        placedFrom: null,
      },
    ],
    partitions,
    isSegment: false,
  };
  return {
    atMs,
    now: START + atMs * MICROS_PER_MS,
    identity,
    gauges: {
      head: { sequence, time: START, hash: 'ab'.repeat(32) },
      firstTime: sequence === 0 ? null : START,
      committedAt: sequence === 0 ? null : START,
      partitions,
      growth,
      producers,
      storage: { bytes: 1_234_567, log: { bytes: 4_000_000, waitingBytes: 1_000_000 } },
    },
    groups,
  };
}

/** A group with these offsets in partitions p0, p1 and so on. */
export function groupOf(
  name: string,
  offsets: readonly number[],
  lags: readonly number[],
  members: GroupDescription['members'] = [],
): GroupDescription {
  const lag = lags.reduce((sum, each) => sum + each, 0);
  return {
    name,
    createdAt: START,
    members,
    lanes: offsets.map((nextOffset, id) => ({
      partition: `p${id}`,
      nextOffset,
      nextSequence: 1,
      lag: lags[id] ?? 0,
      oldestTime: (lags[id] ?? 0) === 0 ? null : START,
      attempts: 0,
      failure: null,
      member: members[0]?.name ?? null,
      token: members.length === 0 ? null : 1,
    })),
    lag,
    oldestTime: lag === 0 ? null : START,
    parked: 0,
  };
}
