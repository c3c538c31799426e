/** Checks the invariants of every ledger, after any operations. Reads with SQLite and the view, not with the engine under test. */

import { expect } from 'vitest';
import { Completengine } from '../../src/index.ts';
import { openRaw } from './raw-database.ts';

export interface StoredEvent {
  readonly sequence: number;
  readonly partition: string;
  readonly offset: number;
  readonly time: number;
  readonly payload: string;
}

/** Every event, in sequence order, through the view. */
export function storedEvents(path: string): StoredEvent[] {
  const db = openRaw(path);
  try {
    return db
      .prepare<[], StoredEvent>('SELECT sequence, partition, offset, time, payload FROM events ORDER BY sequence')
      .all();
  } finally {
    db.close();
  }
}

/** Dense sequences and offsets, and non-decreasing time. */
export function expectInOrder(events: readonly StoredEvent[]): void {
  const offsets = new Map<string, number>();
  let time = Number.MIN_SAFE_INTEGER;
  for (const [at, event] of events.entries()) {
    const offset = offsets.get(event.partition) ?? 0;
    // plain comparisons: half a million calls of expect() take a minute
    if (event.sequence !== at + 1 || event.offset !== offset || event.time < time) {
      const { sequence, offset: found, time: since } = event;
      expect({ sequence, offset: found, isInOrder: since >= time }).toEqual({
        sequence: at + 1,
        offset,
        isInOrder: true,
      });
    }
    offsets.set(event.partition, event.offset + 1);
    time = event.time;
  }
}

/**
 * Dense sequences and offsets, non-decreasing time, a chain that verifies, and a file that passes SQLite's integrity check. `head`: one that the chain must have
 * had, as `SEQUENCE:HASH`.
 */
export async function expectSoundLedger(path: string, head?: string): Promise<StoredEvent[]> {
  const events = storedEvents(path);
  expectInOrder(events);
  const engine = await Completengine.open({ ledger: path, create: false, access: 'read' });
  try {
    const report = await engine.verify(head === undefined ? {} : { expectHead: head });
    expect(report.events).toBe(events.length);
    if (head !== undefined) expect(report.isAnchored, `the chain has had the head ${head}`).toBe(true);
  } finally {
    await engine.close();
  }
  return events;
}
