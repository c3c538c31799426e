/** The context of every measuring step: settings, directories, the command line, and the signal that stops it. */

import { type CreateOptions, LedgerError } from '../../index.ts';
import type { Display } from './display.ts';
import { type EventMaker, FIELDS, TIME_FIELD } from './events.ts';
import type { BenchSettings } from './settings.ts';
import type { Site } from './site.ts';
import type { Workplace } from './workplace.ts';

/** Rounds of each step over the whole input; the median counts. */
export const ROUNDS = 3;

export interface Stage {
  readonly settings: BenchSettings;
  readonly maker: EventMaker;
  readonly workplace: Workplace;
  readonly site: Site;
  /** The executable of Node, and the script of our command line. */
  readonly node: string;
  readonly cli: string;
  /** The input as a file. */
  readonly input: string;
  readonly signal: AbortSignal;
  readonly display: Display;
}

export function ledgerOptions({ routing, partitions, durability }: BenchSettings): CreateOptions {
  return { routing, partitions, time: TIME_FIELD, durability };
}

/** The error for a routing rule with fields that the events do not have. */
export function unroutable(settings: BenchSettings, cause: LedgerError): LedgerError {
  return new LedgerError('INVALID_ARGUMENT', {
    message: `the test events cannot be routed by ${settings.routing}`,
    hint: `their fields are ${FIELDS.join(', ')}; partition holds the names p0 to p${settings.partitions - 1}`,
    cause,
  });
}
