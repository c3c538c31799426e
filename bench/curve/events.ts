/** By the number of events in a ledger: what an event costs, and what a few of many cost. */

import { rmSync } from 'node:fs';
import type { Point } from './document.ts';
import { EVENTS_PER_SECOND, KEY_FIELD, LINE_BYTES, TIME_FIELD, timeOfEvent, writeEvents } from './lines.ts';
import type { Stage } from './stage.ts';

const PARTITIONS = 8;
const LAST = 10;
/** From here on an emission takes so long that one shows it. */
const ONCE_FROM = 10_000_000;

const EVENTS_INIT = [
  ...['--routing', `hash:${KEY_FIELD}`, '--partitions', String(PARTITIONS)],
  ...['--time', TIME_FIELD],
] as const;

export async function eventsCurve(stage: Stage, counts: readonly number[]): Promise<Point[]> {
  const points: Point[] = [];
  for (const count of counts) points.push(await pointAt(stage, count));
  return points;
}

async function pointAt(stage: Stage, events: number): Promise<Point> {
  stage.onProgress(`${events} events`);
  const input = stage.workplace.path('events.jsonl');
  await writeEvents(input, events, stage.signal);
  const { ledger, emit } = await stage.emitInto(EVENTS_INIT, input, events < ONCE_FROM ? stage.rounds : 1);
  rmSync(input);
  const ledgerBytes = stage.workplace.ledgerBytes(ledger);
  const at = ['--ledger', ledger];
  const middle = Math.floor(events / 2);
  const range = ['--from', timeOfEvent(middle), '--until', timeOfEvent(middle + EVENTS_PER_SECOND)];
  const inspect = await stage.measure(['inspect', ...at]);
  const tail = await stage.measure(['tail', '-n', String(LAST), '--quiet', ...at], { lines: Math.min(LAST, events) });
  const lines = Math.min(EVENTS_PER_SECOND, events - middle);
  const replay = await stage.measure(['replay', '--quiet', ...range, ...at], { lines });
  stage.workplace.removeLedger(ledger);
  return {
    value: events,
    work: { emit, inspect, tail, range: replay },
    facts: { events, inputBytes: events * LINE_BYTES, ledgerBytes },
  };
}
