/** By the number of partitions: all events through them, and one. */

import type { Point } from './document.ts';
import { KEY_FIELD, TIME_FIELD, writeEvents } from './lines.ts';
import type { Stage } from './stage.ts';

export async function partitionsCurve(stage: Stage, counts: readonly number[], events: number): Promise<Point[]> {
  const input = stage.workplace.path('events.jsonl');
  const one = stage.workplace.path('one.jsonl');
  await writeEvents(input, events, stage.signal);
  // later than all the others: a late event would be another case
  await writeEvents(one, 1, stage.signal, Math.ceil(events / 10_000) * 10_000);
  const points: Point[] = [];
  for (const partitions of counts) {
    stage.onProgress(`${partitions} partitions`);
    const init = ['--routing', `hash:${KEY_FIELD}`, '--partitions', String(partitions), '--time', TIME_FIELD];
    const { ledger, emit } = await stage.emitInto(init, input);
    const at = ['--ledger', ledger];
    const replay = await stage.measure(['replay', '--quiet', ...at], { lines: events });
    const ledgerBytes = stage.workplace.ledgerBytes(ledger);
    const emitOne = await stage.measure(['emit', '--quiet', ...at, one]);
    const tailOne = await stage.measure(['tail', '-n', '1', '--quiet', ...at], { lines: 1 });
    const inspect = await stage.measure(['inspect', ...at]);
    points.push({
      value: partitions,
      work: { emit, replay, emitOne, tailOne, inspect },
      facts: { events, ledgerBytes },
    });
  }
  return points;
}
