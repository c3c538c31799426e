/** Recomputes the partition of each event: by the rule of the epoch of its sequence, with new routers from the ledger's rows. */

import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { epochAt, type Placements } from '../../src/core/model/routing/routing.ts';
import { Completengine } from '../../src/index.ts';
import { expectSoundLedger, type StoredEvent } from './invariants.ts';
import { type Routed, routed } from './routed.ts';

interface PlacementRow {
  readonly epoch: number;
  readonly key: string;
  readonly partition: number;
}

function placementRows(path: string): PlacementRow[] {
  const db = new Database(path, { readonly: true });
  try {
    const hasAny = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'placements'").get() !== undefined;
    return hasAny
      ? db.prepare<[], PlacementRow>('SELECT epoch, key, partition FROM placements ORDER BY epoch').all()
      : [];
  } finally {
    db.close();
  }
}

/** Expects an intact ledger with every event in the partition of its epoch's rule. Returns the events. */
export async function expectRoutedByEpochs(path: string): Promise<StoredEvent[]> {
  const events = await expectSoundLedger(path);
  const engine = await Completengine.open({ ledger: path, create: false, access: 'read' });
  const { identity } = await engine.inspect();
  await engine.close();
  const rows = placementRows(path);
  const names = identity.partitions.map(({ name }) => name);
  const routes = new Map<number, (line: string) => Routed>();
  for (const event of events) {
    const epoch = epochAt(identity.epochs, event.sequence);
    let route = routes.get(epoch.epoch);
    if (route === undefined) {
      const { placedFrom } = epoch;
      const inForce = rows.filter((row) => placedFrom !== null && row.epoch >= placedFrom && row.epoch <= epoch.epoch);
      const placements: Placements = new Map(inForce.map(({ key, partition }) => [key, partition]));
      route = routed({ epoch, partitionNames: names, placements });
      routes.set(epoch.epoch, route);
    }
    const { to } = route(event.payload);
    // a plain comparison: half a million calls of expect() take a minute
    if (typeof to !== 'number' || names[to] !== event.partition)
      expect({ ...event, epoch: epoch.epoch, to }).toBe('where its epoch sends it');
  }
  return events;
}
