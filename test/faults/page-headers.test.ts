/**
 * Fault model: a bit flips in the header that SQLite keeps in each page of a table, where no hash covers it. It says where the page has room. SQLite believes it,
 * and so may write a row over committed ones without an error.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { Completengine, LedgerError } from '../../src/index.ts';
import { ledgerPath } from '../support/engines.ts';
import { copyOfFresh } from '../support/fresh-ledgers.ts';
import { quick } from '../support/test-size.ts';

const PAGE_BYTES = 16_384;
/** Of a leaf's header, in a quick run those of the place where its rows begin; SQLite refuses the others or survives them: free blocks, number of rows, gaps. */
const HEADER_BYTES = quick([5, 6], [1, 2, 3, 4, 5, 6, 7]);
const HEADER_BITS = HEADER_BYTES.flatMap((at) => Array.from({ length: 8 }, (_, bit) => ({ at, mask: 1 << bit })));
/** Enough that a page is half full, so that every bit of the place of the next row can lead into it. */
const EVENTS = 100;
const TABLES = ['commits', 'p0'] as const;

const soundLedger = (): Promise<string> =>
  copyOfFresh(['page headers'], async (ledger) => {
    const engine = await Completengine.open({ ledger, partitions: 1 });
    for (let n = 0; n < EVENTS; n++) await engine.emit([{ n }]);
    await engine.close();
  });

/** Every row that an event is stored in, as text; what SQLite says instead if it cannot read them. */
function rowsOf(ledger: string): string[] {
  const db = new Database(ledger, { readonly: true });
  try {
    return TABLES.flatMap((table) => db.prepare(`SELECT * FROM ${table} ORDER BY 1`).all()).map((row) =>
      JSON.stringify(row),
    );
  } catch (error) {
    return [String(error)];
  } finally {
    db.close();
  }
}

function rootPage(sound: string, table: string): number {
  const db = new Database(sound, { readonly: true });
  try {
    return db
      .prepare<[string], number>('SELECT rootpage FROM sqlite_schema WHERE name = ?')
      .pluck()
      .get(table) as number;
  } finally {
    db.close();
  }
}

/** A copy in which this bit of the header of the table's only page is flipped. */
function flipped(sound: string, table: string, { at, mask }: { at: number; mask: number }): string {
  const ledger = ledgerPath();
  const bytes = readFileSync(sound);
  const page = (rootPage(sound, table) - 1) * PAGE_BYTES;
  expect(bytes[page], 'a leaf of a table').toBe(13);
  bytes[page + at] = (bytes[page + at] as number) ^ mask;
  writeFileSync(ledger, bytes);
  return ledger;
}

async function emitOne(ledger: string): Promise<'committed' | LedgerError> {
  let engine: Completengine | undefined;
  try {
    engine = await Completengine.open({ ledger });
    await engine.emit([{ n: EVENTS }]);
    return 'committed';
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return error;
  } finally {
    await engine?.close();
  }
}

test.each(TABLES)('no event is written over what is stored in %s, whichever bit of the header flips', async (table) => {
  const sound = await soundLedger();
  const refused: LedgerError[] = [];
  for (const bit of HEADER_BITS) {
    const ledger = flipped(sound, table, bit);
    const found = rowsOf(ledger);
    const outcome = await emitOne(ledger);
    const left = rowsOf(ledger);
    const where = `bit ${bit.mask} of byte ${bit.at}`;
    if (outcome === 'committed') expect(left, where).toEqual(expect.arrayContaining(found));
    else {
      expect(left, where).toEqual(found);
      expect(outcome, where).toMatchObject({ code: expect.stringMatching(/^(DAMAGED_LEDGER|VERIFICATION_FAILED)$/) });
      refused.push(outcome);
    }
  }
  // SQLite has noticed some of these rows itself, when they were read again
  const own = refused.filter(({ details }) => (details as { table?: unknown }).table === table);
  expect(own.length).toBeGreaterThan(0);
});
