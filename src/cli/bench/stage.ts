/** What every measuring step stands on: the settings, the place, this very command line, and who may stop it. */

import { type CreateOptions, LedgerError } from '../../index.ts';
import type { Display } from './display.ts';
import { type EventMaker, FIELDS, TIME_FIELD } from './events.ts';
import type { BenchSettings } from './settings.ts';
import type { Workplace } from './workplace.ts';

/** Steps that take a whole input are run so often, and the median counts. */
export const ROUNDS = 3;

export interface Stage {
  readonly settings: BenchSettings;
  readonly maker: EventMaker;
  readonly workplace: Workplace;
  /** The executable of Node, and what starts our command line. */
  readonly node: string;
  readonly cli: string;
  /** The input as a file. */
  readonly input: string;
  readonly signal: AbortSignal;
  readonly display: Display;
}

export function ledgerOptions({ partition, partitions, durability }: BenchSettings): CreateOptions {
  return { partition, partitions, time: TIME_FIELD, durability };
}

/** A routing may ask for fields that the events do not have. */
export function unroutable(settings: BenchSettings, cause: LedgerError): LedgerError {
  return new LedgerError('INVALID_ARGUMENT', {
    message: `the test events cannot be routed by ${settings.partition}`,
    hint: `their fields are ${FIELDS.join(', ')}; partition holds the names p0 to p${settings.partitions - 1}`,
    cause,
  });
}
