/** Runs `bench` from its flags to its output. Loaded only by that verb, so that no other is slowed. */

import { type Durability, LedgerError, schemeOf } from '../../index.ts';
import { bench, STEPS } from './bench.ts';
import { type Comparison, compare, readEarlier } from './compare.ts';
import { openDisplay } from './display.ts';
import type { BenchDocument } from './document.ts';
import { readSettings } from './settings.ts';
import { benchText } from './text.ts';

export interface BenchFlags {
  readonly events: number;
  readonly size: number;
  readonly partitions: number;
  readonly routing: string;
  readonly durability: Durability;
  readonly compare?: string | undefined;
  readonly ledger?: string | undefined;
  readonly parent: string;
  /** Called with the names of the ledgers that stay on the servers. */
  readonly onLeft: (names: readonly string[]) => void;
}

export interface BenchResult {
  readonly text: string;
  readonly document: BenchDocument & { readonly comparison?: Comparison };
}

/** @throws LedgerError */
export async function runBench(
  flags: BenchFlags,
  { root, version }: { root: string; version: string },
  signal: AbortSignal,
): Promise<BenchResult> {
  // check everything before a run of several minutes
  const settings = readSettings(flags);
  const earlier = flags.compare === undefined ? undefined : readEarlier(flags.compare);
  const { ledger: location, onLeft, parent } = flags;
  checkLocation(location);
  const display = await openDisplay(STEPS);
  let document: BenchDocument;
  try {
    document = await bench({ settings, location, onLeft, parent, root, version, signal, display });
  } finally {
    display.stop();
  }
  if (earlier === undefined) return { text: benchText(document), document };
  const comparison = compare(document, earlier);
  return { text: benchText(document, { earlier, comparison }), document: { ...document, comparison } };
}

function checkLocation(location: string | undefined): void {
  if (location === undefined || schemeOf(location) !== null) return;
  throw new LedgerError('INVALID_ARGUMENT', {
    message: `${location} is a file, and bench measures files of its own`,
    hint: 'name a directory for them with --dir DIRECTORY, or servers with --ledger nats://HOST/NAME',
  });
}
