/** Says that a range has no events, or none that match. */

import { shellFlag } from '../../index.ts';
import { escapeForTerminal } from '../terminal/escape.ts';

/** What events have to meet. */
export interface EventFilter {
  readonly partitions?: readonly string[] | undefined;
  readonly key?: string | undefined;
  readonly where?: string | readonly string[] | undefined;
}

/** A range that has events, and none that was asked for, is not an empty one. */
export function nothingFound(filter: EventFilter): string {
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

function conditionsOf({ where = [] }: EventFilter): readonly string[] {
  return typeof where === 'string' ? [where] : where;
}

/** What to add about a condition such as `amount>100 and status=failed`, which is one, about a text; mostly nothing. */
export function severalText(filter: EventFilter): string {
  const isSeveral = conditionsOf(filter).some((each) => /\s(?:and|&&|,)\s+\S+\s*[=!<>~]/i.test(each));
  return isSeveral ? '; for several conditions give --where several times: all must match' : '';
}
