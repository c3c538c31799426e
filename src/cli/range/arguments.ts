/** The arguments of `tail` and `replay`: partitions, and a range of time. */

import * as Flags from '@oclif/core/flags';
import { type Completengine, LedgerError, shellFlag } from '../../index.ts';

export interface RangeArguments {
  readonly range: string | undefined;
  /** Names of partitions, of the arguments and of `--partition`. */
  readonly partitions: readonly string[];
  /** Those of the arguments. */
  readonly positional: readonly string[];
}

/** An interval, or what begins like a date or a time; no name of a partition has a slash. */
const RANGE = /\/|^\d{4}-\d{2}-\d{2}|^(?:now|today|yesterday)$|^(?:(?:today|yesterday) )?\d{2}:\d{2}/;

/** A location, or a path, which no partition is named like. `../2018-02-01` is an interval without a beginning. */
const LEDGER = /^nats:\/\/|^\.?\/|\.codex$/;

export const partitionFlag = {
  partition: Flags.string({
    char: 'p',
    description: 'only these partitions, as the arguments',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'PARTITION',
    helpGroup: 'FILTER',
  }),
};

/** @throws LedgerError INVALID_ARGUMENT */
export function readArguments(given: readonly string[], flag: readonly string[] | undefined): RangeArguments {
  const ledger = given.find((text) => LEDGER.test(text));
  if (ledger !== undefined)
    throw new LedgerError('INVALID_ARGUMENT', {
      message: `'${shown(ledger)}' is a ledger, not a partition`,
      hint: shellFlag('ledger', ledger),
    });
  const [range, second] = given.filter((text) => RANGE.test(text));
  if (second !== undefined)
    throw new LedgerError('INVALID_ARGUMENT', {
      message: `two ranges: '${shown(range ?? '')}' and '${shown(second)}'`,
      hint: 'give one interval START/END, or --from and --through',
    });
  const positional = given.filter((text) => !RANGE.test(text));
  const partitions = [...positional, ...(flag ?? [])];
  const rule = partitions.find((name) => name.includes(':'));
  if (rule !== undefined)
    throw new LedgerError('INVALID_ARGUMENT', {
      message: `'${shown(rule)}' is a routing rule, not a partition`,
      hint: `for the rule of the ledger of --into write ${shellFlag('routing', rule)}`,
    });
  return { range, partitions, positional };
}

/** A partition may be named like a day. @throws LedgerError INVALID_ARGUMENT */
export function checkArguments({ range, positional }: RangeArguments, engine: Completengine): void {
  for (const text of positional) {
    const hint = engine.partitions.some(({ name }) => name === text) ? undefined : hintFor(text);
    if (hint !== undefined)
      throw new LedgerError('INVALID_ARGUMENT', { message: `'${shown(text)}' is no partition and no range`, hint });
  }
  if (range === undefined || !engine.partitions.some(({ name }) => name === range)) return;
  throw new LedgerError('INVALID_ARGUMENT', {
    message: `'${range}' is ambiguous: a partition, or a range of time`,
    hint: `for the partition ${shellFlag('partition', range)}, for the range ${shellFlag('from', range)} ${shellFlag('through', range)}`,
  });
}

/** What was probably meant: undefined if it may be a misspelled partition. */
function hintFor(text: string): string | undefined {
  if (/^-\d+$/.test(text)) return `for the last events: completengine tail -n ${text.slice(1)}`;
  const [, year, month] = /^(\d{4})(?:-(0[1-9]|1[0-2]))?$/.exec(text) ?? [];
  if (year === undefined) return undefined;
  return month === undefined ? `for the year: ${year}-01-01/P1Y` : `for the month: ${year}-${month}-01/P1M`;
}

function shown(text: string): string {
  return text.slice(0, 80);
}
