/** The time of the oldest event that a group has not acknowledged. */

import { expect, test } from 'vitest';
import { openEngine } from '../support/engines.ts';

const DAY = Date.UTC(2026, 3, 12);

test('is that of the next event, wherever in a commit the cursor stands', async () => {
  const engine = await openEngine({ routing: 'manual:to', partitions: 2, time: 'at' });
  const event = (n: number) => ({ to: `p${n % 2}`, at: new Date(DAY + Math.floor(n / 3) * 1000).toISOString() });
  await engine.emit(Array.from({ length: 40 }, (_, n) => event(n)));
  for (let n = 40; n < 46; n++) await engine.emit(event(n));
  await engine.emit(Array.from({ length: 10 }, () => event(46)));
  const member = await engine.subscribe({ group: 'g', from: 'start', partitions: ['p1'] }, () => {});
  await member.close();
  const { sequence: head } = await engine.head();
  for (let sequence = 1; sequence <= head; sequence++) {
    await engine.setCursors('g', { fromSequence: sequence, force: true });
    const [group] = await engine.groups();
    for (const lane of group?.lanes ?? []) {
      let time: number | null = null;
      for await (const next of engine.tail({ fromSequence: sequence, partitions: [lane.partition], limit: 1 }))
        time = next.time;
      expect([sequence, lane.partition, lane.oldestTime]).toEqual([sequence, lane.partition, time]);
    }
  }
});
