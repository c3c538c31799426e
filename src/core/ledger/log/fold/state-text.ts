/** A state as one JSON text: the same bytes for the same state, in every process and from wherever it folded. Pure. */

import { PARTITIONS_MAX } from '../../../model/routing/partition.ts';
import type { Epochs } from '../../../model/routing/routing.ts';
import { formatRoutingSpec } from '../../../model/routing/routing-text.ts';
import { Field, malformed, readOr } from '../format/fields.ts';
import { MESSAGES_MAX } from '../format/places.ts';
import { DIGEST_BYTES_MAX } from '../format/proposal.ts';
import type { LogState, VoidReason } from './log-state.ts';

const MANY = 1 << 24;
const TEXT_MAX = 1024 * 1024;
const VOID_REASONS: readonly VoidReason[] = [
  'malformed',
  'foreign',
  'old',
  'stale',
  'epoch',
  'overtaken',
  'clock',
  'late',
  'producer',
  'unlinked',
];

export function formatState(state: LogState): string {
  const { ledger } = state;
  return JSON.stringify({
    position: state.position,
    lastId: state.lastId,
    frames: state.frames.map(({ partition, bytes }) => [partition, bytes]),
    sequence: ledger.sequence,
    time: ledger.time,
    committedAt: ledger.committedAt,
    hash: ledger.hash.toString('hex'),
    commits: state.commits,
    firstTime: state.firstTime,
    epochs: state.epochs.map(({ epoch, fromSequence, spec, partitionIds, placedFrom }) => [
      epoch,
      fromSequence,
      formatRoutingSpec(spec),
      partitionIds,
      placedFrom,
    ]),
    placements: byKey(ledger.placements),
    partitions: state.partitions.map(({ name, epoch, nextOffset, bytes, storedBytes, firstTime, lastTime }) => [
      name,
      epoch,
      nextOffset,
      bytes,
      storedBytes,
      firstTime,
      lastTime,
    ]),
    producers: byKey(state.producers).map(([name, { position, digest }]) => [name, position, digest.toString('hex')]),
    sessions: byKey(state.sessions).map(([session, { generation, next, position }]) => [
      session,
      generation,
      next,
      position,
    ]),
    voids: byKey(state.voids),
    voidBytes: state.voidBytes,
    sealPoint: state.sealPoint,
    bytesSince: state.bytesSince,
  });
}

type PartitionFields = [Field, Field, Field, Field, Field, Field, Field];

function byKey<Value>(map: ReadonlyMap<string, Value>): [string, Value][] {
  return [...map].sort(([one], [other]) => (one < other ? -1 : 1));
}

/** The state, or why the text is none. */
export function readState(text: string): LogState | string {
  return readOr(() => toState(Field.parse(text, 'the state')));
}

function toState(field: Field): LogState {
  const read = field.fields(
    'position',
    'lastId',
    'frames',
    'sequence',
    'time',
    'committedAt',
    'hash',
    'commits',
    'firstTime',
    'epochs',
    'placements',
    'partitions',
    'producers',
    'sessions',
    'voids',
    'voidBytes',
    'sealPoint',
    'bytesSince',
  );
  const time = (each: Field): number => each.time();
  const partitions = read.partitions.list(PARTITIONS_MAX).map((each) => {
    const [name, epoch, nextOffset, bytes, stored, first, last] = each.tuple(7) as PartitionFields;
    return {
      name: name.name(),
      epoch: epoch.whole(),
      nextOffset: nextOffset.whole(),
      bytes: bytes.whole(),
      storedBytes: stored.whole(),
      firstTime: first.orNull(time),
      lastTime: last.orNull(time),
    };
  });
  const epochs = read.epochs.list(MANY).map((each) => {
    const [epoch, from, spec, ids, placedFrom] = each.tuple(5) as [Field, Field, Field, Field, Field];
    return {
      epoch: epoch.whole(),
      fromSequence: from.whole(),
      spec: spec.routing(),
      partitionIds: ids.list(PARTITIONS_MAX).map((id) => id.whole(partitions.length - 1)),
      placedFrom: placedFrom.orNull((number) => number.whole()),
    };
  }) as unknown as Epochs;
  const epoch = epochs.at(-1);
  if (epoch === undefined) throw malformed('it has no epoch');
  return {
    position: read.position.whole(),
    lastId: read.lastId.orNull((text) => text.text(128)),
    frames: read.frames.list(MESSAGES_MAX).map((each) => {
      const [partition, bytes] = each.tuple(2) as [Field, Field];
      return { partition: partition.whole(), bytes: bytes.whole() };
    }),
    ledger: {
      sequence: read.sequence.whole(),
      time: read.time.time(),
      committedAt: read.committedAt.time(),
      hash: read.hash.hex(32),
      epoch,
      partitionNames: partitions.map(({ name }) => name),
      placements: new Map(
        read.placements.list(MANY).map((each): [string, number] => {
          const [key, partition] = each.tuple(2) as [Field, Field];
          return [key.text(TEXT_MAX), partition.whole(partitions.length - 1)];
        }),
      ),
    },
    commits: read.commits.whole(),
    firstTime: read.firstTime.orNull(time),
    epochs: [...epochs],
    partitions,
    producers: new Map(
      read.producers.list(MANY).map((each) => {
        const [name, position, digest] = each.tuple(3) as [Field, Field, Field];
        return [name.clientName(), { position: position.whole(), digest: digest.hexUpTo(DIGEST_BYTES_MAX) }];
      }),
    ),
    sessions: new Map(
      read.sessions.list(MANY).map((each) => {
        const [session, generation, next, position] = each.tuple(4) as [Field, Field, Field, Field];
        const numbers = { generation: generation.whole(), position: position.whole() };
        return [session.token(), { ...numbers, next: next.orNull((number) => number.whole()) }];
      }),
    ),
    voids: new Map(
      read.voids.list(VOID_REASONS.length).map((each): [VoidReason, number] => {
        const [reason, count] = each.tuple(2) as [Field, Field];
        const known = VOID_REASONS.find((one) => one === reason.text(16));
        if (known === undefined) throw malformed('a reason is unknown');
        return [known, count.whole()];
      }),
    ),
    voidBytes: read.voidBytes.whole(),
    sealPoint: read.sealPoint.whole(),
    bytesSince: read.bytesSince.whole(),
  };
}
