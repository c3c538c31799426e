/**
 * What the records of groups hold, and their form: JSON of one object with a version and the id of the write. Values are read as hostile, see
 * {@link Field}. A field that is added makes a new version.
 */

import type { LanePosition, LastFailure, ParkedEvent } from '../../../model/group.ts';
import { PARTITIONS_MAX, type PartitionId } from '../../../model/routing/partition.ts';
import type { Micros } from '../../../model/time/time.ts';
import type { GroupLease, Member } from '../../protocol/group-state.ts';
import { Field, malformed, readOr } from '../format/fields.ts';
import { damagedRecord } from './damaged-record.ts';

const VERSION = 1;
/** A text or a list can be no longer than the message that carries the record. */
const LENGTH_MAX = 8 * 1024 * 1024;

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
  /** The last of them, if the cursor knows of none as late; null: what the cursor knows, or nothing where it moves. */
  readonly failure: LastFailure | null;
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
  readonly failure: LastFailure | null;
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

/** How the value of one kind of record is read. */
export interface RecordCodec<Value> {
  /** Throws what {@link readOr} turns into a reason. */
  readonly read: (record: Field) => ReadValue<Value>;
}

interface ReadValue<Value> {
  /** The id of the write. */
  readonly by: string;
  readonly value: Value;
}

export function formatValue(value: object, by: string): string {
  return JSON.stringify({ v: VERSION, by, ...value });
}

/** @throws LedgerError DAMAGED_LEDGER naming `key` */
export function parseValue<Value>(codec: RecordCodec<Value>, key: string, text: string): ReadValue<Value> {
  const read = readOr(() => codec.read(Field.parse(text, 'its value')));
  if (typeof read === 'string') throw damagedRecord(key, read);
  return read;
}

/** `read` gets exactly the fields of `names`. */
function codecOf<Name extends string, Value>(
  names: readonly Name[],
  read: (fields: Record<Name, Field>) => Value,
): RecordCodec<Value> {
  return {
    read: (record) => {
      const fields = record.fields<Name | 'v' | 'by'>('v', 'by', ...names);
      if (fields.v.whole() !== VERSION) throw malformed('its version is unknown');
      return { by: fields.by.text(LENGTH_MAX), value: read(fields) };
    },
  };
}

/** Rows in ascending order of what `orderOf` returns, each once. */
function ascending<Row>(list: Field, read: (row: Field) => Row, orderOf: (row: Row) => string | number): Row[] {
  const rows = list.list(LENGTH_MAX).map(read);
  const isOrdered = rows.every((row, at) => at === 0 || orderOf(rows[at - 1] as Row) < orderOf(row));
  if (!isOrdered) throw list.fault('is not in order');
  return rows;
}

const readPartition = (field: Field): PartitionId => field.whole(PARTITIONS_MAX - 1);
const ofPartition = ({ partition }: { readonly partition: PartitionId }): PartitionId => partition;

export const CLOCK_VALUE: RecordCodec<object> = codecOf([], () => ({}));

export const GROUP: RecordCodec<GroupValue> = codecOf(
  ['writes', 'createdAt', 'generation', 'partitions', 'members', 'leases', 'fences', 'due'],
  (fields) => ({
    writes: fields.writes.whole(),
    createdAt: fields.createdAt.time(),
    generation: fields.generation.whole(),
    partitions: fields.partitions.whole(),
    members: ascending(fields.members, readMember, ({ name }) => name),
    leases: ascending(fields.leases, readLease, ofPartition),
    fences: ascending(fields.fences, readFence, ofPartition),
    due: ascending(fields.due, readDue, ofPartition),
  }),
);

function readMember(row: Field): Member {
  const fields = row.fields('name', 'token', 'partitions', 'ttl', 'expiresAt');
  return {
    name: fields.name.clientName(),
    token: fields.token.whole(),
    partitions: fields.partitions.orNull((list) => list.list(LENGTH_MAX).map(readPartition)),
    ttl: fields.ttl.whole(),
    expiresAt: fields.expiresAt.time(),
  };
}

function readLease(row: Field): GroupLease {
  const fields = row.fields('partition', 'member', 'token');
  return {
    partition: readPartition(fields.partition),
    member: fields.member.clientName(),
    token: fields.token.whole(),
  };
}

function readFence(row: Field): Fence {
  const fields = row.fields('partition', 'token', 'isHeld', 'position', 'attempts', 'failure');
  return {
    partition: readPartition(fields.partition),
    token: fields.token.whole(),
    isHeld: fields.isHeld.flag(),
    position: fields.position.orNull((position) => readPosition(position.fields('nextOffset', 'nextSequence'))),
    attempts: fields.attempts.whole(),
    failure: fields.failure.orNull(readFailure),
  };
}

function readFailure(row: Field): LastFailure {
  const fields = row.fields('sequence', 'attempts', 'failedAt', 'member', 'reason');
  return {
    sequence: fields.sequence.orNull(readFromOne),
    attempts: fields.attempts.whole(),
    failedAt: fields.failedAt.time(),
    member: fields.member.clientName(),
    reason: fields.reason.text(LENGTH_MAX),
  };
}

function readPosition(fields: Record<'nextOffset' | 'nextSequence', Field>): LanePosition {
  return { nextOffset: fields.nextOffset.whole(), nextSequence: readFromOne(fields.nextSequence) };
}

function readDue(row: Field): DueHint {
  const fields = row.fields('partition', 'since');
  return { partition: readPartition(fields.partition), since: fields.since.time() };
}

const readFromOne = (field: Field): number => field.whole(Number.MAX_SAFE_INTEGER, 1);

export const CURSOR: RecordCodec<CursorValue> = codecOf(
  ['nextOffset', 'nextSequence', 'attempts', 'failure', 'token', 'isHeld', 'parking'],
  (fields) => ({
    ...readPosition(fields),
    attempts: fields.attempts.whole(),
    failure: fields.failure.orNull(readFailure),
    token: fields.token.whole(),
    isHeld: fields.isHeld.flag(),
    parking: fields.parking.orNull((parking) => {
      const { id, revision, event } = parking.fields('id', 'revision', 'event');
      return { id: id.text(LENGTH_MAX), revision: readFromOne(revision), event: readEvent(event) };
    }),
  }),
);

export const PARKED: RecordCodec<ParkedValue> = codecOf(['event', 'parking'], (fields) => ({
  event: fields.event.orNull(readEvent),
  parking: fields.parking.orNull((parking) => {
    const { id, token, event } = parking.fields('id', 'token', 'event');
    return { id: id.text(LENGTH_MAX), token: token.whole(), event: readEvent(event) };
  }),
}));

function readEvent(row: Field): ParkedEvent {
  const fields = row.fields(
    'partition',
    'offset',
    'sequence',
    'reason',
    'details',
    'attempts',
    'parkedAt',
    'redeliveryDue',
  );
  return {
    partition: readPartition(fields.partition),
    offset: fields.offset.whole(),
    sequence: readFromOne(fields.sequence),
    reason: fields.reason.text(LENGTH_MAX),
    details: fields.details.text(LENGTH_MAX),
    attempts: fields.attempts.whole(),
    parkedAt: fields.parkedAt.time(),
    redeliveryDue: fields.redeliveryDue.flag(),
  };
}
