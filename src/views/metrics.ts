/** The figures of a ledger as metrics. Names and labels are part of the interface: dashboards and alerts depend on them. */

import type { GroupDocument } from './group-document.ts';
import type { OverviewDocument } from './ledger-document.ts';
import { type Labels, type MetricFamily, type MetricSample, openMetricsText } from './open-metrics.ts';

const PREFIX = 'completengine';

/** `lastCommitAt`: RFC 3339, null in an empty ledger. Every sample has the label `ledger`, its path or location. */
export function metricsText(ledger: OverviewDocument, lastCommitAt: string | null): string {
  const families = [...ledgerFamilies(ledger, lastCommitAt), ...partitionFamilies(ledger), ...groupFamilies(ledger)];
  return openMetricsText(families.map((family) => labelled(family, ledger.path)));
}

function labelled(family: MetricFamily, ledger: string): MetricFamily {
  const samples = family.samples.map(({ labels, value }) => ({ labels: { ledger, ...labels }, value }));
  return { ...family, name: `${PREFIX}_${family.name}`, samples };
}

function ledgerFamilies(ledger: OverviewDocument, lastCommitAt: string | null): MetricFamily[] {
  const { storage } = ledger;
  const { log } = storage;
  const info = {
    uuid: ledger.uuid,
    format: String(ledger.format),
    engine: storage.engine,
    routing: ledger.routing.rule,
  };
  return [
    gauge('ledger_info', 'Settings of the ledger as labels.', [{ labels: info, value: 1 }]),
    gauge('head_sequence', 'Sequence of the last event.', one(ledger.events)),
    counter('commits', 'Commits.', one(ledger.commits)),
    seconds('last_commit_timestamp_seconds', 'When the last commit was made.', oneTime(lastCommitAt)),
    seconds('last_event_timestamp_seconds', 'Ledger time of the last event.', oneTime(ledger.lastTime)),
    bytes('storage_bytes', 'Size of the storage without its write-ahead log.', one(storage.bytes)),
    bytes('wal_bytes', 'Size of the write-ahead log.', log === null ? [] : one(log.bytes)),
    bytes(
      'wal_waiting_bytes',
      'Commits that are not yet checkpointed.',
      log === null || log.waitingBytes === null ? [] : one(log.waitingBytes),
    ),
    gauge('epochs', 'Routing epochs.', one(ledger.epochs.length)),
    gauge('warnings', 'Conditions that need attention.', one(ledger.warnings.length)),
    gauge(
      'segments_missing',
      'Archived runs whose segment is not at hand.',
      one(ledger.archived.filter(({ file, isAtHand }) => file !== null && !isAtHand).length),
    ),
  ];
}

function partitionFamilies({ partitions }: OverviewDocument): MetricFamily[] {
  const each = (value: (partition: OverviewDocument['partitions'][number]) => number) =>
    partitions.map((partition) => ({ labels: { partition: partition.name }, value: value(partition) }));
  const timed = partitions.flatMap(({ name, lastTime }) => timeSamples({ partition: name }, lastTime));
  return [
    counter(
      'partition_events',
      'Events of the partition.',
      each(({ events }) => events),
    ),
    bytes(
      'partition_bytes',
      'Payloads in the ledger.',
      each((partition) => partition.bytes),
    ),
    bytes(
      'partition_stored_bytes',
      'The same as stored, compressed or not.',
      each(({ storedBytes }) => storedBytes),
    ),
    seconds('partition_last_event_timestamp_seconds', 'Ledger time of the last event of the partition.', timed),
  ];
}

function groupFamilies({ groups }: OverviewDocument): MetricFamily[] {
  const each = (value: (group: GroupDocument) => number) =>
    groups.map((group) => ({ labels: { group: group.name }, value: value(group) }));
  const lanes = groups.flatMap(({ name, partitions }) =>
    partitions.map(({ partition, lag }) => ({ labels: { group: name, partition }, value: lag })),
  );
  return [
    gauge(
      'group_lag',
      'Events that the group has not acknowledged.',
      each(({ lag }) => lag),
    ),
    seconds(
      'group_oldest_age_seconds',
      'Age of the oldest of them by its ledger time, 0 without lag.',
      each(({ oldestAgeMs }) => (oldestAgeMs ?? 0) / 1000),
    ),
    gauge(
      'group_parked',
      'Parked events of the group.',
      each(({ parked }) => parked),
    ),
    gauge('group_members', 'Live members of the group.', each(liveMembers)),
    gauge('group_partition_lag', 'Events of the partition that the group has not acknowledged.', lanes),
  ];
}

export function liveMembers({ members }: GroupDocument): number {
  return members.filter(({ isAlive }) => isAlive).length;
}

function gauge(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name, type: 'gauge', help, samples };
}

function counter(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name, type: 'counter', help, samples };
}

function bytes(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name, type: 'gauge', unit: 'bytes', help, samples };
}

function seconds(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name, type: 'gauge', unit: 'seconds', help, samples };
}

function one(value: number): MetricSample[] {
  return [{ labels: {}, value }];
}

function oneTime(time: string | null): MetricSample[] {
  return timeSamples({}, time);
}

function timeSamples(labels: Labels, time: string | null): MetricSample[] {
  return time === null ? [] : [{ labels, value: Date.parse(time) / 1000 }];
}
