/** Reads the settings of a measurement from the flags, and checks them before anything is created. */

import { type Durability, formatRoutingSpec, LedgerError, parseRoutingSpec } from '../../index.ts';
import { lineBytesMin } from './events.ts';

export interface BenchSettings {
  readonly events: number;
  /** Of one line, including its newline. */
  readonly lineBytes: number;
  readonly partitions: number;
  /** Routing rule, as in `--routing`. */
  readonly routing: string;
  readonly durability: Durability;
}

/** The default line limit of a ledger, plus the newline. */
const LINE_BYTES_MAX = 1_048_577;

/** @throws LedgerError INVALID_ARGUMENT */
export function readSettings(flags: {
  events: number;
  size: number;
  partitions: number;
  routing: string;
  durability: Durability;
}): BenchSettings {
  const { events, size: lineBytes } = flags;
  const routing = formatRoutingSpec(parseRoutingSpec(flags.routing));
  const least = lineBytesMin(events, flags.partitions);
  if (lineBytes < least || lineBytes > LINE_BYTES_MAX) {
    throw new LedgerError('INVALID_ARGUMENT', {
      message: `the event size ${lineBytes} is not possible: with all fields and the newline it is ${least} to ${LINE_BYTES_MAX} bytes`,
      hint: `use --size ${lineBytes < least ? least : LINE_BYTES_MAX}`,
    });
  }
  return { events, lineBytes, partitions: flags.partitions, routing, durability: flags.durability };
}
