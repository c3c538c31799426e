/** Computes the figures of a live page from successive samples: rates, averages and ETA. Pure: each sample carries its time. */

import type { GroupDescription } from '../index.ts';
import type { Sample } from './sample.ts';

/** Rates of input. Null if there was too much to count. */
export interface Flow {
  /** Measured over this time. */
  readonly overMs: number;
  readonly eventsPerSecond: number;
  readonly commitsPerSecond: number | null;
  readonly bytesPerSecond: number | null;
}

/** Rates of a group. */
export interface GroupFlow {
  readonly overMs: number;
  /** Events by which the offsets advanced. */
  readonly readPerSecond: number;
  /** Negative if the lag shrinks. */
  readonly lagPerSecond: number;
  /** Time until the lag is 0 at this rate; null if the lag does not shrink. */
  readonly catchUpMs: number | null;
}

export interface Rates {
  /** Over about the last second, or since the sample before. Null at the first sample. */
  readonly last: Flow | null;
  /** Over about ten seconds, or since the start. Null at the first sample. */
  readonly average: Flow | null;
  /** Events in each of the last sixty seconds, the latest last; null before the first sample. */
  readonly seconds: readonly (number | null)[];
  /** Events per second by partition id, over the same time as `average`. */
  readonly partitions: ReadonlyMap<number, number>;
  /** By name, over the same time or since the group was created. */
  readonly groups: ReadonlyMap<string, GroupFlow>;
  /** The largest lag of any group within sixty seconds. */
  readonly lagMost: number;
  /** By group and partition name: for how long the samples have seen the same event next and not acknowledged. */
  readonly unmovedMs: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

const LAST_MS = 1000;
const AVERAGE_MS = 10_000;
const SECONDS = 60;
/** A first sample up to this late still counts as the start of its second. */
const LATE_MS = 50;

/** The part of a sample that is kept. */
interface Mark {
  readonly atMs: number;
  /** Total events of the ledger. */
  readonly events: number;
  /** Since the previous mark. */
  readonly commits: number | null;
  readonly bytes: number | null;
  readonly partitions: ReadonlyMap<number, number>;
  readonly groups: ReadonlyMap<string, GroupMark>;
}

interface GroupMark {
  readonly lag: number;
  /** Total since the first sample. */
  readonly read: number;
}

/** An event that is next and not acknowledged. */
interface Waiting {
  readonly nextOffset: number;
  /** First sample that saw it there. */
  readonly sinceMs: number;
}

export class RateMeter {
  /** Marks of a little more than the last sixty seconds, the oldest first. */
  readonly #marks: Mark[] = [];
  #before: Sample | null = null;
  /** When each event that is next, and not acknowledged, was first seen there. */
  #waiting: ReadonlyMap<string, ReadonlyMap<string, Waiting>> = new Map();

  /** Takes the next sample and returns the rates. */
  take(sample: Sample): Rates {
    const mark = this.#toMark(sample);
    const marks = this.#marks;
    marks.push(mark);
    this.#before = sample;
    this.#waiting = new Map(sample.groups.map((group) => [group.name, this.#waitingOf(group, sample.atMs)]));
    while (marks.length > 2 && (marks[1] as Mark).atMs < sample.atMs - SECONDS * 1000) marks.shift();
    const average = this.#since(mark, AVERAGE_MS);
    return {
      last: this.#flow(mark, this.#since(mark, LAST_MS)),
      average: this.#flow(mark, average),
      seconds: secondsOf(marks),
      partitions:
        average === null
          ? new Map()
          : new Map(
              [...mark.partitions].map(([id, events]) => [
                id,
                perSecond(events - (average.partitions.get(id) ?? 0), mark, average),
              ]),
            ),
      groups: new Map([...mark.groups].flatMap(([name, group]) => this.#groupFlow(name, group, mark, average))),
      unmovedMs: new Map(
        [...this.#waiting].map(([name, lanes]) => [
          name,
          new Map([...lanes].map(([partition, { sinceMs }]) => [partition, sample.atMs - sinceMs])),
        ]),
      ),
      lagMost: Math.max(0, ...marks.flatMap(({ groups }) => [...groups.values()].map(({ lag }) => lag))),
    };
  }

  #waitingOf({ name, lanes }: GroupDescription, atMs: number): ReadonlyMap<string, Waiting> {
    const before = this.#waiting.get(name);
    return new Map(
      lanes
        .filter(({ lag }) => lag > 0)
        .map(({ partition, nextOffset }) => {
          const known = before?.get(partition);
          return [partition, known?.nextOffset === nextOffset ? known : { nextOffset, sinceMs: atMs }];
        }),
    );
  }

  #toMark({ atMs, gauges, groups }: Sample): Mark {
    return {
      atMs,
      events: gauges.head.sequence,
      commits: gauges.growth?.commits ?? null,
      bytes: gauges.growth?.bytes ?? null,
      partitions: new Map(gauges.partitions.map(({ id, events }) => [id, events])),
      groups: new Map(groups.map((group) => [group.name, { lag: group.lag, read: this.#readBy(group) }])),
    };
  }

  /** An offset that was reset backwards counts as nothing read. */
  #readBy({ name, lanes }: GroupDescription): number {
    const before = this.#before?.groups.find((group) => group.name === name);
    const offsets = new Map(before?.lanes.map(({ partition, nextOffset }) => [partition, nextOffset]));
    const moved = lanes.reduce(
      (sum, { partition, nextOffset }) => sum + Math.max(0, nextOffset - (offsets.get(partition) ?? nextOffset)),
      0,
    );
    return (this.#marks.at(-1)?.groups.get(name)?.read ?? 0) + moved;
  }

  /** Returns the mark nearest to `ms` ago; null if this is the only one. */
  #since(mark: Mark, ms: number): Mark | null {
    const wanted = mark.atMs - ms;
    let nearest: Mark | null = null;
    for (const each of this.#marks) {
      if (each === mark) continue;
      if (nearest === null || Math.abs(each.atMs - wanted) < Math.abs(nearest.atMs - wanted)) nearest = each;
    }
    return nearest;
  }

  #flow(mark: Mark, since: Mark | null): Flow | null {
    if (since === null) return null;
    const after = this.#marks.slice(this.#marks.indexOf(since) + 1);
    return {
      overMs: mark.atMs - since.atMs,
      eventsPerSecond: perSecond(mark.events - since.events, mark, since),
      commitsPerSecond: rateOf(sumOf(after.map(({ commits }) => commits)), mark, since),
      bytesPerSecond: rateOf(sumOf(after.map(({ bytes }) => bytes)), mark, since),
    };
  }

  #groupFlow(name: string, group: GroupMark, mark: Mark, average: Mark | null): [string, GroupFlow][] {
    const since = this.#marks.find(
      (each) => each !== mark && each.atMs >= (average?.atMs ?? 0) && each.groups.has(name),
    );
    const before = since?.groups.get(name);
    if (since === undefined || before === undefined) return [];
    const lagPerSecond = perSecond(group.lag - before.lag, mark, since);
    return [
      [
        name,
        {
          overMs: mark.atMs - since.atMs,
          readPerSecond: perSecond(group.read - before.read, mark, since),
          lagPerSecond,
          catchUpMs: catchUpMs(group.lag, lagPerSecond),
        },
      ],
    ];
  }
}

function catchUpMs(lag: number, lagPerSecond: number): number | null {
  if (lag === 0) return 0;
  return lagPerSecond < 0 ? (lag / -lagPerSecond) * 1000 : null;
}

function perSecond(amount: number, mark: Mark, since: Mark): number {
  return (amount * 1000) / (mark.atMs - since.atMs);
}

function rateOf(amount: number | null, mark: Mark, since: Mark): number | null {
  return amount === null ? null : perSecond(amount, mark, since);
}

function sumOf(amounts: readonly (number | null)[]): number | null {
  return amounts.reduce<number | null>((sum, amount) => (sum === null || amount === null ? null : sum + amount), 0);
}

/** Events between two samples are spread evenly. */
function secondsOf(marks: readonly Mark[]): (number | null)[] {
  const now = marks.at(-1)?.atMs ?? 0;
  const ends = Array.from({ length: SECONDS + 1 }, (_, at) => eventsAt(marks, now - (SECONDS - at) * 1000));
  return ends.slice(1).map((end, at) => {
    const start = ends[at] ?? null;
    return start === null || end === null ? null : end - start;
  });
}

function eventsAt(marks: readonly Mark[], atMs: number): number | null {
  const after = marks.findIndex((mark) => mark.atMs >= atMs);
  const [before, next] = [marks[after - 1], marks[after]];
  if (next === undefined) return null;
  if (before === undefined) return next.atMs - atMs <= LATE_MS ? next.events : null;
  return before.events + ((next.events - before.events) * (atMs - before.atMs)) / (next.atMs - before.atMs);
}
