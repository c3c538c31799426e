/** By the number of events that a group has parked: what is asked about them, and what is delivered beside them. */

import Database from 'better-sqlite3';
import type { Point } from './document.ts';
import { KEY_FIELD, writeEvents } from './lines.ts';
import type { Stage } from './stage.ts';

const GROUP = 'g';
const LISTED = 10;

/** `delivered`: events that are emitted and delivered at each point, a multiple of 10,000. */
export async function parkedCurve(stage: Stage, counts: readonly number[], delivered: number): Promise<Point[]> {
  const input = stage.workplace.path('events.jsonl');
  const events = Math.max(10_000, ...counts);
  await writeEvents(input, events, stage.signal);
  // one partition: the offset of an event is then its sequence less one
  const { ledger } = await stage.emitInto(['--routing', `hash:${KEY_FIELD}`, '--partitions', '1'], input, 1);
  const at = ['--ledger', ledger];
  const tail = ['tail', '--group', GROUP, '--exit-at-head', '--quiet', ...at];
  await stage.measure(tail, { lines: events, rounds: 1 });
  const more = stage.workplace.path('more.jsonl');
  await writeEvents(more, delivered, stage.signal);
  const points: Point[] = [];
  for (const parked of counts) {
    stage.onProgress(`${parked} parked events`);
    park(ledger, parked);
    const show = await stage.measure(['group', 'show', GROUP, ...at]);
    const list = ['group', 'parked', GROUP, '--limit', String(LISTED), ...at];
    const parkedList = await stage.measure(list, { lines: Math.min(LISTED, parked) });
    const inspect = await stage.measure(['inspect', ...at]);
    const work = { show, list: parkedList, inspect, deliver: await deliver() };
    points.push({ value: parked, work, facts: { events, delivered } });
  }
  return points;

  async function deliver() {
    await stage.run(['emit', '--quiet', ...at, more]);
    return stage.measure(tail, { lines: delivered, rounds: 1 });
  }
}

/** Parks the first events in one statement: by deliveries that fail, a million would take an hour. */
function park(ledger: string, count: number): void {
  const db = new Database(ledger);
  try {
    db.prepare(
      `WITH RECURSIVE each (sequence) AS (SELECT 1 UNION ALL SELECT sequence + 1 FROM each WHERE sequence < ?)
       INSERT OR IGNORE INTO parked SELECT ?, sequence, 0, sequence - 1, 3, 'exit code 1', 'said ' || sequence, 1776000000000000, 0 FROM each`,
    ).run(count, GROUP);
  } finally {
    db.close();
  }
}
