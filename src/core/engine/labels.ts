/** Joins ledger, router and scanner for output: the names and keys of stored events. */

import type { Ledger } from '../ledger/ledger.ts';
import { DEPTH_MAX } from '../model/config.ts';
import type { EventLabels, KeyField } from '../model/events/event-labels.ts';
import type { Router } from '../model/routing/router.ts';
import { epochAt, NO_PLACEMENTS, type RoutingSpec } from '../model/routing/routing.ts';
import { makeRouter } from '../router/router.ts';
import { FieldReader } from '../scan/field-reader.ts';

/** Names and keys of stored events: the key is read from the payload by the routing that was in force. */
export function labelsOf(ledger: Ledger): EventLabels {
  const readers = new Map<number, { router: Router; fields: FieldReader }>();
  const readerAt = (sequence: number) => {
    const { epochs, partitions } = ledger.identity;
    const epoch = epochAt(epochs, sequence);
    let reader = readers.get(epoch.epoch);
    if (reader === undefined) {
      // keys are read by the rule, even of events that were placed
      const router = makeRouter({
        epoch,
        partitionNames: partitions.map(({ name }) => name),
        placements: NO_PLACEMENTS,
      });
      reader = { router, fields: new FieldReader(router.fields, DEPTH_MAX) };
      readers.set(epoch.epoch, reader);
    }
    return reader;
  };
  return {
    ledger: ledger.identity.uuid,
    partitionName: (id) => ledger.identity.partitions[id]?.name ?? `#${id}`,
    key: (batch, at) => {
      const given = batch.givenKey(at);
      if (given !== null) return given;
      const { router, fields } = readerAt(batch.sequences[at] as number);
      return router.fields.length === 0 ? null : router.keyOf(fields.read(batch.payload(at)));
    },
    // a batch is of one commit, and a commit of one epoch
    keyField: (batch) => keyFieldOf(epochAt(ledger.identity.epochs, batch.sequences[0] as number).spec),
  };
}

function keyFieldOf(spec: RoutingSpec): KeyField {
  return spec.rule === 'composite' ? 'computed' : (spec.field ?? 'none');
}
