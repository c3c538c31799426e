/** Says that a range has no events, or none that match. */

import { type Completengine, type FixedRange, formatTime, type Micros, shellFlag } from '../../index.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { type ShownClock, shownClock } from '../terminal/shown-clock.ts';
import { type StartFlagValues, startOptions } from './range-flags.ts';

/** What events have to meet. */
export interface EventFilter {
  readonly partitions?: readonly string[] | undefined;
  readonly key?: string | undefined;
  readonly where?: string | readonly string[] | undefined;
}

/** A range that has events, and none that was asked for, is not an empty one. `outside`: where it lies, if outside of the ledger. */
export function nothingFound(filter: EventFilter, outside: string | null): string {
  if (outside !== null) return `no events: ${outside}`;
  const { partitions = [], key } = filter;
  const conditions = [
    ...partitions.map((name) => shellFlag('partition', name)),
    ...(key === undefined ? [] : [shellFlag('key', key)]),
    ...conditionsOf(filter).map((each) => shellFlag('where', each)),
  ];
  return conditions.length === 0
    ? 'no events in this range'
    : `no events in this range match ${escapeForTerminal(conditions.join(' '))}${severalText(filter)}`;
}

/** Where a range without events lies: `the ledger ends at .., the range begins at ..`; null if it lies within the ledger, between two events. */
export async function outsideText(
  engine: Pick<Completengine, 'gauges'>,
  { from, through, fromTime, throughTime, head, headTime }: FixedRange,
  clock: ShownClock,
): Promise<string | null> {
  if (from <= through) return null;
  if (headTime === null) return 'the ledger is empty';
  const text = (time: Micros) => clock.text(formatTime(time));
  const place = (time: Micros | null, sequence: number) => (time === null ? `sequence ${sequence}` : text(time));
  if (from > head)
    return `the ledger ends at ${text(headTime)} (sequence ${head}), the range begins at ${place(fromTime, from)}`;
  const { firstTime } = await engine.gauges();
  const isBefore = firstTime !== null && throughTime !== null && throughTime < firstTime;
  return isBefore ? `the ledger begins at ${text(firstTime)}, the range ends at ${text(throughTime)}` : null;
}

/** Says that a start by time lies past the last event; null if it does not. In an empty ledger every time does. */
export async function pastEndText(engine: Completengine, start: StartFlagValues): Promise<string | null> {
  if (start.from === undefined || start.from === 'end') return null;
  const range = await engine.range(startOptions(start));
  return range.head === 0 ? null : outsideText(engine, range, await shownClock(start.tz));
}

function conditionsOf({ where = [] }: EventFilter): readonly string[] {
  return typeof where === 'string' ? [where] : where;
}

/** What to add about a condition such as `amount>100 and status=failed`, which is one, about a text; mostly nothing. */
export function severalText(filter: EventFilter): string {
  const isSeveral = conditionsOf(filter).some((each) => /\s(?:and|&&|,)\s+\S+\s*[=!<>~]/i.test(each));
  return isSeveral ? '; for several conditions give --where several times: all must match' : '';
}
