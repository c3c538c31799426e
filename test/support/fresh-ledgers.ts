/**
 * Ledgers that many tests begin with: made once in each worker, and copied. `init` took a third of the time of the resident command line.
 * The ledgers of one test have identities of their own, those of several tests may share one.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, TestRunner } from 'vitest';
import { tempDir } from './temp-dir.ts';

const NAME = 'events.codex';
/** Of each what, in a worker: a test that opens hundreds would keep hundreds. */
const KEPT_MAX = 4;

/** By what they are, as files: the first is for the first such ledger of each test, the second for its second. */
const made = new Map<string, Buffer[]>();
/** How many of each the current test has got. */
let given: { readonly test: unknown; readonly counts: Map<string, number> } = { test: undefined, counts: new Map() };

/** Returns the path of a copy in a new directory. `make` makes the ledger at a path, and leaves it closed. */
export async function copyOfFresh(what: readonly string[], make: (ledger: string) => Promise<void>): Promise<string> {
  const key = JSON.stringify(what);
  const test = TestRunner.getCurrentTest();
  if (given.test !== test) given = { test, counts: new Map() };
  const nth = given.counts.get(key) ?? 0;
  given.counts.set(key, nth + 1);
  const ledger = join(tempDir(), NAME);
  const files = made.get(key) ?? [];
  made.set(key, files);
  const bytes = files[nth];
  if (nth >= KEPT_MAX) await make(ledger);
  else if (bytes === undefined) {
    await make(ledger);
    expect(readdirSync(dirname(ledger)), 'what is copied is one file').toEqual([basename(ledger)]);
    files[nth] = readFileSync(ledger);
  } else writeFileSync(ledger, bytes, { mode: 0o600 });
  return ledger;
}
