/** The gills: makes the router of an epoch. Rules are pure and stable for ever; they do no I/O and see one line at a time. */

import { invalidArgument, LedgerError } from '../model/ledger-error.ts';
import { type Partition, type PartitionId, selectPartitions } from '../model/partition.ts';
import { type Epoch, NOTHING_GIVEN, type Router, type RouterFactory, type Rule } from '../model/routing.ts';
import { formatRoutingSpec } from '../model/routing-text.ts';
import type { RoutableLine } from '../model/scanned-field.ts';
import { compositeRouter } from './composite-router.ts';
import { fieldText } from './field-text.ts';
import { lineOfKey } from './given-key.ts';
import { hashRouter } from './hash-router.ts';
import { manualRouter } from './manual-router.ts';
import { rangeRouter } from './range-router.ts';
import { noKey } from './refusal.ts';
import { StickyRouter } from './sticky-router.ts';

/**
 * @throws LedgerError DAMAGED_LEDGER where the epoch and the partitions contradict each other; UNKNOWN_PARTITION or INVALID_ARGUMENT for a partition
 * or a key that cannot be given
 */
export const makeRouter: RouterFactory = (epoch, partitionNames, given = NOTHING_GIVEN) => {
  const rule = withMissing(epoch, ruleOf(epoch, partitionNames), partitionNames);
  const { spec } = epoch;
  const line = given.key === null ? null : lineOfKey(spec, given.key);
  const sentTo = given.to === null ? null : partitionNamed(partitionNames, given.to);
  // a hash over the whole payload reads no key, and takes one that is given
  const givenKey = line === null ? null : (rule.keyOf(line) ?? fieldText(line, 0));
  const free: Router = { ...rule, sessions: null, everyLineTo: null, givenKey, sentTo };
  if (sentTo !== null) return toOnePartition(free, sentTo);
  if (spec.rule === 'sticky')
    return { ...free, fields: line === null ? free.fields : [], sessions: new StickyRouter({ idleMicros: spec.idleMicros, only: line }) };
  return line === null ? free : toOnePartition(free, placeOf(line, epoch, partitionNames));
};

/** No line is read then. */
function toOnePartition(router: Router, partition: PartitionId): Router {
  return { ...router, fields: [], route: () => partition, everyLineTo: partition };
}

function placeOf(line: RoutableLine, epoch: Epoch, partitionNames: readonly string[]): PartitionId {
  const { spec, partitionCount } = epoch;
  const rule = spec.rule === 'hash' ? hashRouter(spec.field ?? [], partitionCount) : ruleOf(epoch, partitionNames);
  const place = rule.route(line);
  if (typeof place === 'number') return place;
  const key = fieldText(line, 0) ?? '';
  if (place === 'unknown-partition') return partitionNamed(partitionNames.slice(0, partitionCount), key);
  throw invalidArgument(`the key '${key.slice(0, 80)}' cannot be compared with the bounds of ${formatRoutingSpec(spec)}`, 'give a key of their kind');
}

/** @throws LedgerError UNKNOWN_PARTITION naming those there are. */
function partitionNamed(names: readonly string[], name: string): PartitionId {
  const partitions = names.map((known, id) => ({ id, name: known }));
  const [found] = selectPartitions(partitions, [name]);
  return (found as Partition).id;
}

function ruleOf({ spec, partitionCount }: Epoch, partitionNames: readonly string[]): Rule {
  switch (spec.rule) {
    case 'hash':
      return hashRouter(spec.field, partitionCount);
    case 'range':
      if (spec.bounds.values.length + 1 !== partitionCount) throw contradiction('its partitions are not as many as its bounds make');
      return rangeRouter(spec.field, spec.bounds);
    case 'composite':
      return compositeRouter(spec.fields, partitionCount);
    case 'sticky':
      // what comes before decides where a session goes: the rule itself knows only of lines that have none
      return { fields: [spec.field], route: (line) => noKey(line.kind(0)), keyOf: (line) => fieldText(line, 0) };
    case 'manual':
      return manualRouter(spec.field, partitionNames.slice(0, partitionCount));
  }
}

/** Only what has no key goes there: a key of another kind than the bounds, or a name that no partition has, stays a bad line. */
function withMissing({ spec: { missing } }: Epoch, rule: Rule, partitionNames: readonly string[]): Rule {
  if (missing === null) return rule;
  const id = partitionNames.indexOf(missing);
  if (id < 0) throw contradiction(`it has no partition '${missing}' for events without a key`);
  return {
    ...rule,
    route: (line) => {
      const route = rule.route(line);
      return route === 'key-missing' || route === 'key-not-scalar' ? id : route;
    },
  };
}

function contradiction(fact: string): LedgerError {
  return new LedgerError('DAMAGED_LEDGER', { message: `the ledger's routing is damaged: ${fact}`, hint: 'take a copy that is sound' });
}
