/** Summarizes the parked events of groups by reason: a page has a row for each reason, not for each event. */

import type { Micros } from '../../model/time/time.ts';
import type { GroupAdmin, GroupDescription } from '../group-admin.ts';

interface ParkedReason {
  readonly group: string;
  readonly reason: string;
  /** The last lines of the consumer's output at the last of them, or empty. */
  readonly details: string;
  readonly events: number;
  /** Most failed deliveries of one of them. */
  readonly attemptsMax: number;
  /** The first of them. */
  readonly sequences: readonly number[];
  readonly firstParkedAt: Micros;
  readonly lastParkedAt: Micros;
}

export interface ParkedFigures {
  /** By group, the most frequent reason first. */
  readonly reasons: readonly ParkedReason[];
  /** Parked events that were not read: the first {@link EXAMINED_MAX} of each group are. */
  readonly unread: number;
}

/** In each group. Reason and output of one may take 5 KB. */
const EXAMINED_MAX = 2000;
const SEQUENCES_SHOWN = 6;

type Collected = { -readonly [Field in keyof ParkedReason]: ParkedReason[Field] } & { sequences: number[] };

export async function parkedFigures(admin: GroupAdmin, groups: readonly GroupDescription[]): Promise<ParkedFigures> {
  const reasons: ParkedReason[] = [];
  let unread = 0;
  for (const { name, parked } of groups) {
    if (parked === 0) continue;
    const byReason = new Map<string, Collected>();
    let examined = 0;
    for await (const event of admin.parked(name, { limit: EXAMINED_MAX })) {
      examined++;
      const { reason, details, attempts, sequence, parkedAt } = event;
      const known = byReason.get(reason) ?? {
        ...{ group: name, reason, details, events: 0, attemptsMax: 0, sequences: [] },
        ...{ firstParkedAt: parkedAt, lastParkedAt: parkedAt },
      };
      byReason.set(reason, known);
      known.events++;
      known.attemptsMax = Math.max(known.attemptsMax, attempts);
      known.firstParkedAt = Math.min(known.firstParkedAt, parkedAt);
      if (parkedAt >= known.lastParkedAt) Object.assign(known, { lastParkedAt: parkedAt, details });
      if (known.sequences.length < SEQUENCES_SHOWN) known.sequences.push(sequence);
    }
    unread += Math.max(0, parked - examined);
    reasons.push(...[...byReason.values()].sort((one, other) => other.events - one.events));
  }
  return { reasons, unread };
}
