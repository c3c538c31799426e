/**
 * Sticky sessions in large inputs, with the built package: several drafts are in flight while others pin the same
 * sessions.
 */

import { expect, test } from 'vitest';
import { stickyBy } from '../../src/index.ts';
import { ledgerPath } from '../support/engines.ts';
import { expectPinnedForEver } from '../support/sessions.ts';
import { quick } from '../support/test-size.ts';

const LIBRARY = new URL('../../dist/lib/index.js', import.meta.url).href;
/** Of a piece, which is a megabyte or more: a chunk that takes the thread. */
const LINES = quick(1400, 7000);
const PAD = 'x'.repeat(quick(900, 150));
const PIECES = 10;
const SESSIONS = 9000;

const sessionOf = (payload: string): string => /"s":"([^"]+)"/.exec(payload)?.[1] ?? '';
const sessionAt = (nth: number): string => `s${(nth * 7) % SESSIONS}`;

function piece(nth: number): string {
  return Array.from(
    { length: LINES },
    (_, at) => `{"s":"${sessionAt(nth * 600 + (at % 1200))}","n":${nth * LINES + at},"pad":"${PAD}"}\n`,
  ).join('');
}

test.each(quick([undefined], [undefined, '1s']))(
  'drafts in flight are rebuilt when others pin their sessions, and every session has one partition; idle %s',
  async (idle) => {
    const { Completengine }: typeof import('../../src/index.ts') = await import(LIBRARY);
    const ledger = ledgerPath();
    const open = () => Completengine.open({ ledger, routing: stickyBy('s', { idle }), partitions: 4 });
    const [bulk, other] = [await open(), await open()];
    async function* stream(): AsyncGenerator<string> {
      for (let nth = 0; nth < PIECES; nth++) {
        yield piece(nth);
        // sessions of the next pieces, and some of its own, while the last one is in flight
        await other.emit(Array.from({ length: 40 }, (_, at) => ({ s: sessionAt((nth + 1) * 600 + at * 29) })));
        await other.emit({ s: `own ${nth}` });
      }
    }
    try {
      const report = await bulk.ingest([{ name: 'bulk', open: stream }]);
      expect(report).toMatchObject({ events: PIECES * LINES, isComplete: true });
      // the last second exceeds no session's idle time
      if (idle === undefined) expect(new Set((await expectPinnedForEver(ledger, sessionOf)).values()).size).toBe(4);
      else await other.verify();
    } finally {
      await bulk.close();
      await other.close();
    }
  },
);

test('emitters of single events, until each has a writing thread, agree too', async () => {
  const { Completengine }: typeof import('../../src/index.ts') = await import(LIBRARY);
  const ledger = ledgerPath();
  const open = () => Completengine.open({ ledger, routing: stickyBy('s'), partitions: 3 });
  const engines = [await open(), await open()];
  try {
    for (let n = 0; n < 60; n++)
      await Promise.all(engines.map((engine) => engine.emit([{ s: `s${n}` }, { s: `s${n >> 1}` }])));
    expect((await expectPinnedForEver(ledger, sessionOf)).size).toBe(60);
  } finally {
    for (const engine of engines) await engine.close();
  }
});
