/** Positions of duplicates: the same as the event itself has, with few reads for many of them. */

import { expect, test } from 'vitest';
import { locating } from '../../src/core/engine/locate.ts';
import { openSqliteLedger } from '../../src/core/ledger/sqlite/connection/open.ts';
import type { ReadRequest } from '../../src/core/model/events/history.ts';
import { failureOf, ledgerPath, openEngine } from '../support/engines.ts';

test('many are found with a few reads, each where it was committed', async () => {
  const path = ledgerPath();
  const engine = await openEngine({ ledger: path, routing: 'hash:k', partitions: 3 });
  // small commits, a large one, and small ones again
  for (let n = 0; n < 40; n++) await engine.emit([{ k: n }, { k: n + 1 }]);
  await engine.emit(Array.from({ length: 20_000 }, (_, n) => ({ k: n % 7, n })));
  for (let n = 0; n < 40; n++) await engine.emit({ k: n });
  const ledger = await openSqliteLedger(path, { access: 'read', busyLimit: { limitMs: 5000 } });
  let reads = 0;
  const counted = {
    identity: ledger.identity,
    read: (request: ReadRequest) => {
      reads++;
      return ledger.read(request);
    },
  };
  try {
    const wanted = [
      20_120,
      1,
      2,
      3,
      80,
      81,
      20_080,
      20_081,
      77,
      77,
      ...Array.from({ length: 2000 }, (_, n) => 100 + n * 9),
    ];
    const places = await locating(counted)(wanted);
    expect(places.map(({ sequence }) => sequence)).toEqual(wanted);
    for (const at of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 700, 2009]) {
      const { sequence, partition, offset, time } = await engine.event(wanted[at] as number);
      expect(places[at]).toEqual({ sequence, partition, offset, time });
    }
    expect(reads).toBeLessThan(20);
    expect(await locating(counted)([])).toEqual([]);
    const failure = await failureOf(() => locating(counted)([5, 20_121]), 'VERIFICATION_FAILED');
    expect(failure.details).toEqual({ sequence: 20_121 });
  } finally {
    await ledger.close();
  }
});
