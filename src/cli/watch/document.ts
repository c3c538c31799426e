/** Builds the JSON document of one refresh, for scripts. */

import { epochInForce, formatHead, formatTime } from '../../index.ts';
import { groupDocument } from '../inspect/groups-text.ts';
import { epochDocument, namesOf } from '../partition/routing-text.ts';
import { ageMs, timeOrNull } from '../terminal/times.ts';
import type { Flow, GroupFlow, Rates } from './rates.ts';
import type { Sample } from './sample.ts';
import { transfersOf } from './transfers.ts';

export function watchDocument(sample: Sample, rates: Rates): object {
  const { identity, gauges, groups, now } = sample;
  const { head } = gauges;
  return {
    at: formatTime(now),
    path: identity.path,
    uuid: identity.uuid,
    head: formatHead(head),
    events: head.sequence,
    fileBytes: gauges.storageBytes,
    emission: { last: rounded(rates.last), average: rounded(rates.average) },
    routing: epochDocument(epochInForce(identity.epochs), namesOf(identity)),
    partitions: gauges.partitions.map(({ lastTime, ...partition }) => ({
      ...partition,
      share: head.sequence === 0 ? null : partition.events / head.sequence,
      lastTime: timeOrNull(lastTime),
      eventsPerSecond: toThousandths(rates.partitions.get(partition.id) ?? null),
    })),
    bus: {
      lastCommitAt: timeOrNull(gauges.committedAt),
      lastCommitAgeMs: ageMs(gauges.committedAt, now),
      walBytes: gauges.log.bytes,
      walWaitingBytes: gauges.log.waitingBytes,
    },
    groups: groups.map((group) => ({
      ...groupDocument(group, now),
      flow: rounded(rates.groups.get(group.name) ?? null),
    })),
    replay: {
      fromSequence: head.sequence === 0 ? null : 1,
      throughSequence: head.sequence === 0 ? null : head.sequence,
      firstTime: timeOrNull(gauges.firstTime),
      lastTime: head.sequence === 0 ? null : formatTime(head.time),
      determinism: identity.config.determinism,
      transfers: transfersOf(gauges.producers),
    },
  };
}

/** Rounds to the precision of the measurement. */
function toThousandths(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1000) / 1000;
}

function rounded(flow: Flow | GroupFlow | null): object | null {
  return flow === null
    ? null
    : Object.fromEntries(Object.entries(flow).map(([name, value]) => [name, toThousandths(value)]));
}
