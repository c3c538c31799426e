/** What a measurement is asked to be: read from the flags, checked before anything is made. */

import { type Durability, formatRoutingSpec, LedgerError, parseRoutingSpec } from '../../index.ts';
import { lineBytesMin } from './events.ts';

export interface BenchSettings {
  readonly events: number;
  /** Of one line, its newline included. */
  readonly lineBytes: number;
  readonly partitions: number;
  /** Routing, as `--partition` takes it. */
  readonly partition: string;
  readonly durability: Durability;
}

/** The longest line that a ledger takes by default, with its newline. */
const LINE_BYTES_MAX = 1_048_577;

const COUNT = /^(\d[\d_]*(?:\.\d+)?(?:e\d{1,2})?)([kmg]?)$/i;
const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** Reads `200000`, `200_000`, `2e5`, `200k`, `1.5M`. @throws LedgerError INVALID_ARGUMENT for what is no whole number from 1 on. */
export function readCount(text: string, noun: string): number {
  const [, digits = '', unit = ''] = COUNT.exec(text) ?? [];
  // 1.1M is 1100000.0000000001 otherwise
  const count = Number((Number(digits.replaceAll('_', '')) * (FACTORS[unit.toLowerCase()] ?? 1)).toPrecision(15));
  if (digits !== '' && Number.isSafeInteger(count) && count >= 1) return count;
  throw new LedgerError('INVALID_ARGUMENT', { message: `'${text.slice(0, 40)}' is not a number of ${noun}`, hint: 'use 200000, 200_000, 2e5, 200k or 1M' });
}

/** @throws LedgerError INVALID_ARGUMENT */
export function readSettings(flags: { events: string; size: string; partitions: number; partition: string; durability: Durability }): BenchSettings {
  const events = readCount(flags.events, 'events');
  const lineBytes = readCount(flags.size, 'bytes');
  const partition = formatRoutingSpec(parseRoutingSpec(flags.partition));
  const least = lineBytesMin(events, flags.partitions);
  if (lineBytes < least || lineBytes > LINE_BYTES_MAX) {
    throw new LedgerError('INVALID_ARGUMENT', {
      message: `events of ${lineBytes} bytes cannot be made: with their fields and the newline they have ${least} to ${LINE_BYTES_MAX}`,
      hint: `use --size ${lineBytes < least ? least : LINE_BYTES_MAX}`,
    });
  }
  return { events, lineBytes, partitions: flags.partitions, partition, durability: flags.durability };
}
