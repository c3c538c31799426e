/** By the length of a payload: what an event costs, and what a byte does. */

import type { Point } from './document.ts';
import { KEY_FIELD, writePayloads } from './lines.ts';
import type { Stage } from './stage.ts';

const PARTITIONS = 8;
const EVENTS_MAX = 1_000_000;
const EVENTS_MIN = 10;

/** `bytes`: of all payloads of one length, up to a million of them. */
export async function payloadsCurve(stage: Stage, lengths: readonly number[], bytes: number): Promise<Point[]> {
  const init = ['--routing', `hash:${KEY_FIELD}`, '--partitions', String(PARTITIONS)];
  const points: Point[] = [];
  for (const length of lengths) {
    stage.onProgress(`payloads of ${length} bytes`);
    const events = Math.min(EVENTS_MAX, Math.max(EVENTS_MIN, Math.round(bytes / length)));
    const input = stage.workplace.path('payloads.jsonl');
    await writePayloads(input, length, events, stage.signal);
    const { ledger, emit } = await stage.emitInto(init, input);
    const replay = await stage.measure(['replay', '--quiet', '--ledger', ledger], { lines: events });
    const ledgerBytes = stage.workplace.ledgerBytes(ledger);
    points.push({
      value: length,
      work: { emit, replay },
      facts: { events, payloadBytes: events * length, ledgerBytes },
    });
  }
  return points;
}
