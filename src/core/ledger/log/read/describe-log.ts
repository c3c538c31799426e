/** Figures of a ledger in a log, out of its folded state: none of them costs a read. */

import type { Head } from '../../../model/events/head.ts';
import type { CommitColumns, LedgerDescription, LedgerGauges, LedgerIdentity, PartitionSummary } from '../../ledger.ts';
import { headOf } from '../../protocol/ledger-state.ts';
import type { LogState } from '../fold/log-state.ts';
import { LOG_FORMAT } from '../format/messages.ts';
import type { LogStorage } from '../log-store.ts';
import type { RecentCommits } from './recent-commits.ts';

export function summarizeLog({ partitions }: LogState): PartitionSummary[] {
  return partitions.map(({ name, nextOffset, bytes, storedBytes, firstTime, lastTime }, id) => ({
    id,
    name,
    events: nextOffset,
    nextOffset,
    bytes,
    storedBytes,
    isEstimate: false,
    firstTime,
    lastTime,
  }));
}

function figuresOf(state: LogState): {
  head: Head;
  firstTime: number | null;
  producers: { name: string; position: number }[];
  partitions: PartitionSummary[];
} {
  const producers = [...state.producers].map(([name, { position }]) => ({ name, position }));
  return {
    head: headOf(state.ledger),
    firstTime: state.firstTime,
    producers: producers.sort((one, other) => (one.name < other.name ? -1 : 1)),
    partitions: summarizeLog(state),
  };
}

/** `sessions`: sessions with a pin. */
export async function describeLog(
  state: LogState,
  identity: LedgerIdentity,
  sessions: number,
  storage: LogStorage,
): Promise<Omit<LedgerDescription, 'warnings'>> {
  const { position, voids, voidBytes, commits } = state;
  const figures = figuresOf(state);
  const { settings, bytes } = await storage.figures();
  const reasons = [...voids].sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    identity,
    format: LOG_FORMAT,
    commits,
    sessions,
    ...figures,
    storage: {
      engine: storage.engine,
      durability: identity.config.durability,
      settings: {
        ...settings,
        layout: identity.config.layout ?? 'packed',
        messages: position,
        ...Object.fromEntries(reasons.map(([reason, count]) => [`void, ${reason}`, count])),
        'void bytes': voidBytes,
      },
      worldReadable: false,
      foreignObjects: [],
      bytes,
      log: null,
    },
  };
}

/** Growth since `behind` is known as far as the last commits are kept. */
export async function gaugeLog(
  state: LogState,
  behind: number | null,
  recent: RecentCommits,
  storage: LogStorage,
): Promise<LedgerGauges> {
  const committedAt = state.commits === 0 ? null : state.ledger.committedAt;
  const figures = figuresOf(state);
  const growth = behind === null || recent.start.sequence > behind ? null : growthOf(recent, behind);
  return { ...figures, committedAt, growth, storage: { bytes: (await storage.figures()).bytes, log: null } };
}

function growthOf(recent: RecentCommits, behind: number): { commits: number; bytes: number } {
  const since = recent.all.filter(({ link }) => link.firstSequence > behind);
  const bytes = since.reduce((sum, { frames }) => sum + frames.reduce((all, frame) => all + frame.bytes, 0), 0);
  return { commits: since.length, bytes };
}

export function commitColumns(recent: RecentCommits, limit: number): CommitColumns {
  const links = recent.all.slice(-limit).map(({ link }) => link);
  const producers = [...new Set(links.flatMap(({ producer }) => producer ?? []))];
  return {
    firstSequences: Float64Array.from(links, ({ firstSequence }) => firstSequence),
    counts: Float64Array.from(links, ({ count }) => count),
    committedAt: Float64Array.from(links, ({ committedAt }) => committedAt),
    producerOf: Int32Array.from(links, ({ producer }) => (producer === null ? -1 : producers.indexOf(producer))),
    producers,
  };
}
