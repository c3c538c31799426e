/** The beginning of a ledger and of its epochs as messages: all of it in the body, which may be as long as a message. Pure. */

import type { LedgerBlueprint } from '../../../model/config.ts';
import { PARTITIONS_MAX } from '../../../model/routing/partition.ts';
import { formatRoutingSpec } from '../../../model/routing/routing-text.ts';
import type { Micros } from '../../../model/time/time.ts';
import { formatConfig } from '../../protocol/stored-settings.ts';
import type { LogEntry, LogMessage } from '../ordered-log.ts';
import { Field, malformed, readOr, toHeader } from './fields.ts';
import { EPOCH_TOPIC, INIT_TOPIC, type Init, LOG_FORMAT, type ProposedEpoch } from './messages.ts';
import { encodeSeen, toSeen } from './proposal.ts';

const TEXT_MAX = 1024 * 1024;
const PLACEMENTS_MAX = 1024 * 1024;

export function encodeInit(blueprint: LedgerBlueprint, uuid: string, createdAt: Micros): LogEntry {
  const { config, routing, partitionNames, partitionIds } = blueprint;
  const body = {
    uuid,
    createdAt,
    config: formatConfig(config),
    routing: formatRoutingSpec(routing),
    partitions: partitionNames,
    routed: partitionIds,
  };
  return { topic: INIT_TOPIC, header: toHeader({ v: LOG_FORMAT }), body: Buffer.from(JSON.stringify(body)) };
}

/** The version that a first message has, if it is one; null if it is none. */
export function initVersion({ topic, header }: Pick<LogMessage, 'topic' | 'header'>): number | null {
  if (topic !== INIT_TOPIC) return null;
  const version = readOr(() => Field.parse(header, 'the header').fields('v').v.whole());
  return typeof version === 'number' ? version : null;
}

/** The beginning, or why the message is none. */
export function readInit(message: LogMessage): Init | string {
  return readOr(() => {
    if (initVersion(message) !== LOG_FORMAT) throw malformed('it is no beginning of this format');
    const { uuid, createdAt, config, routing, partitions, routed } = Field.parse(
      message.body.toString('utf8'),
      'the body',
    ).fields('uuid', 'createdAt', 'config', 'routing', 'partitions', 'routed');
    return {
      uuid: uuid.token(),
      createdAt: createdAt.time(),
      config: config.text(TEXT_MAX),
      routing: routing.text(TEXT_MAX),
      partitionNames: partitions.list(PARTITIONS_MAX).map((name) => name.name()),
      partitionIds: routed.list(PARTITIONS_MAX).map((id) => id.whole(PARTITIONS_MAX - 1)),
    };
  });
}

export function encodeEpoch({ ledger, id, after, plan, seen }: ProposedEpoch): LogEntry {
  const { spec, newPartitionNames, partitionIds, placements, keepsPlacements } = plan;
  const body = {
    routing: formatRoutingSpec(spec),
    added: newPartitionNames,
    routed: partitionIds,
    placements: placements.map(({ key, partition }) => [key, partition]),
    keeps: keepsPlacements,
  };
  const header = toHeader({ v: LOG_FORMAT, ledger, id, after, seen: encodeSeen(seen) });
  return { topic: EPOCH_TOPIC, header, body: Buffer.from(JSON.stringify(body)) };
}

/** The proposed epoch, or why there is none. */
export function readEpoch({ header, body }: LogMessage): ProposedEpoch | string {
  return readOr(() => {
    const head = Field.parse(header, 'the header').fields('v', 'ledger', 'id', 'after', 'seen');
    head.v.whole(LOG_FORMAT, LOG_FORMAT);
    const { routing, added, routed, placements, keeps } = Field.parse(body.toString('utf8'), 'the body').fields(
      'routing',
      'added',
      'routed',
      'placements',
      'keeps',
    );
    return {
      ledger: head.ledger.text(64),
      id: head.id.token(),
      after: head.after.whole(),
      seen: toSeen(head.seen),
      plan: {
        spec: routing.routing(),
        newPartitionNames: added.list(PARTITIONS_MAX).map((name) => name.name()),
        partitionIds: routed.list(PARTITIONS_MAX).map((id) => id.whole(PARTITIONS_MAX - 1)),
        placements: placements.list(PLACEMENTS_MAX).map((each) => {
          const [key, partition] = each.tuple(2) as [Field, Field];
          return { key: key.text(TEXT_MAX), partition: partition.whole(PARTITIONS_MAX - 1) };
        }),
        keepsPlacements: keeps.flag(),
      },
    };
  });
}
