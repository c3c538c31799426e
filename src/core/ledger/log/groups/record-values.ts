/**
 * What the records of groups hold, and their form: JSON of one object with a version and the id of the write. Values are read as hostile, see
 * {@link JsonFields}. A field that is added makes a new version.
 */

import type { LanePosition, ParkedEvent } from '../../../model/group.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { Micros } from '../../../model/time/time.ts';
import type { GroupLease, Member } from '../../protocol/group-state.ts';
import { damagedRecord } from './damaged-record.ts';
import { JsonFields } from './json-fields.ts';

const VERSION = 1;

/** What a change of a group does to the record of a cursor. It is part of the group's record, so that the next change completes it after a crash. */
export interface Fence {
  readonly partition: PartitionId;
  /** Grows with every fence of a cursor. It is the lease's token where `isHeld`. */
  readonly token: number;
  /** Whether a lease begins; otherwise one ends. */
  readonly isHeld: boolean;
  /** Where the cursor moves to; null: it stays where its last holder has left it. */
  readonly position: LanePosition | null;
  /** Failed deliveries of the next event, at least. */
  readonly attempts: number;
}

/** Parked events of the partition may wait for redelivery. */
export interface DueHint {
  readonly partition: PartitionId;
  /** When they were requested, by the clock of the store. */
  readonly since: Micros;
}

export interface GroupValue {
  /** Number of writes of this record before: of two readings the one with more is newer. */
  readonly writes: number;
  readonly createdAt: Micros;
  readonly generation: number;
  /** Number of partitions that were known to the last change. */
  readonly partitions: number;
  /** By name. Their times are by the clock of the store. */
  readonly members: readonly Member[];
  /** By partition, as everything below. */
  readonly leases: readonly GroupLease[];
  /** Of the last change. */
  readonly fences: readonly Fence[];
  readonly due: readonly DueHint[];
}

/** A parked event whose record was written, and that is parked since the cursor has this. */
export interface Parking {
  readonly id: string;
  /** Of the record with this id. */
  readonly revision: number;
  readonly event: ParkedEvent;
}

export interface CursorValue extends LanePosition {
  readonly attempts: number;
  readonly token: number;
  readonly isHeld: boolean;
  /** The last event that was parked, until it is known that its own record says so. */
  readonly parking: Parking | null;
}

export interface ParkedValue {
  /** Null: it was not parked before. */
  readonly event: ParkedEvent | null;
  /** What is parked as soon as the cursor has this id, and not before. `token`: of the lease under which it was written. */
  readonly parking: { readonly id: string; readonly token: number; readonly event: ParkedEvent } | null;
}

/** Reads and writes the fields of one kind of record. `read` gets an object with exactly the fields of `names`. */
export interface RecordCodec<Value> {
  readonly names: readonly string[];
  read(fields: JsonFields): Value;
}

export function formatValue(value: object, by: string): string {
  return JSON.stringify({ v: VERSION, by, ...value });
}

/** @throws LedgerError DAMAGED_LEDGER */
export function parseValue<Value>(
  codec: RecordCodec<Value>,
  key: string,
  text: string,
): { readonly by: string; readonly value: Value } {
  const fields = new JsonFields(key, parseJson(key, text), ['v', 'by', ...codec.names]);
  if (fields.integer('v') !== VERSION) throw damagedRecord(key, 'its version is unknown');
  return { by: fields.text('by'), value: codec.read(fields) };
}

function parseJson(key: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damagedRecord(key, 'no JSON', error);
  }
}

const ofPartition = ({ partition }: { readonly partition: PartitionId }): PartitionId => partition;

export const CLOCK_VALUE: RecordCodec<object> = { names: [], read: () => ({}) };

export const GROUP: RecordCodec<GroupValue> = {
  names: ['writes', 'createdAt', 'generation', 'partitions', 'members', 'leases', 'fences', 'due'],
  read: (fields) => ({
    writes: fields.integer('writes', 0),
    createdAt: fields.integer('createdAt'),
    generation: fields.integer('generation', 0),
    partitions: fields.integer('partitions', 0),
    members: fields.objects(
      'members',
      ['name', 'token', 'partitions', 'ttl', 'expiresAt'],
      readMember,
      ({ name }) => name,
    ),
    leases: fields.objects('leases', ['partition', 'member', 'token'], readLease, ofPartition),
    fences: fields.objects('fences', ['partition', 'token', 'isHeld', 'position', 'attempts'], readFence, ofPartition),
    due: fields.objects('due', ['partition', 'since'], readDue, ofPartition),
  }),
};

const readMember = (fields: JsonFields): Member => ({
  name: fields.name('name'),
  token: fields.integer('token', 0),
  partitions: fields.orNull('partitions', (name) => fields.partitions(name)),
  ttl: fields.integer('ttl', 0),
  expiresAt: fields.integer('expiresAt'),
});

const readLease = (fields: JsonFields): GroupLease => ({
  partition: fields.partition('partition'),
  member: fields.name('member'),
  token: fields.integer('token', 0),
});

const readFence = (fields: JsonFields): Fence => ({
  partition: fields.partition('partition'),
  token: fields.integer('token', 0),
  isHeld: fields.boolean('isHeld'),
  position: fields.orNull('position', (name) => readPosition(fields.object(name, ['nextOffset', 'nextSequence']))),
  attempts: fields.integer('attempts', 0),
});

const readPosition = (fields: JsonFields): LanePosition => ({
  nextOffset: fields.integer('nextOffset', 0),
  nextSequence: fields.integer('nextSequence', 1),
});

const readDue = (fields: JsonFields): DueHint => ({
  partition: fields.partition('partition'),
  since: fields.integer('since'),
});

export const CURSOR: RecordCodec<CursorValue> = {
  names: ['nextOffset', 'nextSequence', 'attempts', 'token', 'isHeld', 'parking'],
  read: (fields) => ({
    ...readPosition(fields),
    attempts: fields.integer('attempts', 0),
    token: fields.integer('token', 0),
    isHeld: fields.boolean('isHeld'),
    parking: fields.orNull('parking', (name) => {
      const parking = fields.object(name, ['id', 'revision', 'event']);
      return { id: parking.text('id'), revision: parking.integer('revision', 1), event: readEvent(parking) };
    }),
  }),
};

export const PARKED: RecordCodec<ParkedValue> = {
  names: ['event', 'parking'],
  read: (fields) => ({
    event: fields.orNull('event', () => readEvent(fields)),
    parking: fields.orNull('parking', (name) => {
      const parking = fields.object(name, ['id', 'token', 'event']);
      return { id: parking.text('id'), token: parking.integer('token', 0), event: readEvent(parking) };
    }),
  }),
};

const EVENT = ['partition', 'offset', 'sequence', 'reason', 'details', 'attempts', 'parkedAt', 'redeliveryDue'];

function readEvent(fields: JsonFields): ParkedEvent {
  const event = fields.object('event', EVENT);
  return {
    partition: event.partition('partition'),
    offset: event.integer('offset', 0),
    sequence: event.integer('sequence', 1),
    reason: event.text('reason'),
    details: event.text('details'),
    attempts: event.integer('attempts'),
    parkedAt: event.integer('parkedAt'),
    redeliveryDue: event.boolean('redeliveryDue'),
  };
}
