/** The flags of `tail`: range, filter, output and group membership. */

import * as Flags from '@oclif/core/flags';
import { countFlag, durationFlag, sizeFlag } from '../app/flag-kinds.ts';
import type { LedgerFlags } from '../app/session.ts';
import { filterFlags } from '../replay/filter-flags.ts';
import { type OutputFlags, outputFlags } from '../terminal/output-flags.ts';

const IN_GROUP = { helpGroup: 'GROUP', dependsOn: ['group'] };
const ALONE = { exclusive: ['group', 'parked'] };

export const tailFlags = {
  follow: Flags.boolean({ char: 'f', description: 'keep following new events; always on with --group' }),
  number: Flags.string({
    char: 'n',
    description: 'number of last events, or all; default 10, or all of a range',
    helpValue: 'N|all',
    ...ALONE,
  }),
  from: Flags.string({
    description: 'start position; for a group only when it is new',
    helpValue: 'start|end|SEQ|TIME',
  }),
  since: Flags.string({ description: 'start at this time', helpValue: 'TIME', exclusive: ['from', 'group', 'parked'] }),
  until: Flags.string({ description: 'stop before this time', helpValue: 'TIME', ...ALONE }),
  ...filterFlags(ALONE),
  tz: Flags.string({
    description: 'time zone of dates and of times without a zone; an ambiguous time means the earlier one; default UTC',
    helpValue: 'ZONE',
  }),
  count: countFlag({
    char: 'c',
    description: 'stop after N events, including parked ones',
  }),
  'exit-at-head': Flags.boolean({
    char: 'e',
    description: 'stop at the head that the ledger has at the start',
    exclusive: ['follow', 'idle'],
  }),
  idle: durationFlag({
    description: 'follow, and stop after this long without a matching event',
  }),
  'cursor-file': Flags.string({
    description: 'resume after the position in this file, and keep it up to date',
    helpValue: 'FILE',
    ...ALONE,
  }),
  ...outputFlags(),
  group: Flags.string({
    char: 'g',
    description: 'join this consumer group, whose offsets the ledger stores',
    helpValue: 'GROUP',
    helpGroup: 'GROUP',
  }),
  member: Flags.string({ description: 'name of this member; default: a generated one', helpValue: 'ID', ...IN_GROUP }),
  lease: durationFlag({
    description: 'how long a member keeps its partitions without a heartbeat; default 10s',
    ...IN_GROUP,
  }),
  exec: Flags.string({
    description:
      'run this command for each delivery, with the events on its standard input; exit code 0 acknowledges them',
    helpValue: 'COMMAND',
    ...IN_GROUP,
  }),
  batch: countFlag({
    description: 'maximum events per run; default 1',
    helpGroup: 'GROUP',
    dependsOn: ['exec'],
  }),
  'batch-bytes': sizeFlag({
    description: 'maximum bytes per run',
    helpGroup: 'GROUP',
    dependsOn: ['exec'],
  }),
  concurrency: countFlag({
    description: 'partitions processed in parallel; default 1',
    helpGroup: 'GROUP',
    dependsOn: ['exec'],
  }),
  'max-deliver': countFlag({
    description: 'failures before an event is parked (dead letter); default 10',
    helpGroup: 'GROUP',
    dependsOn: ['exec'],
  }),
  'ack-timeout': durationFlag({
    description: 'kill a run that takes longer than this; default 30s',
    helpGroup: 'GROUP',
    dependsOn: ['exec'],
  }),
  backoff: durationFlag({
    description: 'pause after the first failure, doubled up to 30s with jitter; default 100ms',
    helpGroup: 'GROUP',
    dependsOn: ['exec'],
  }),
  parked: Flags.boolean({
    description: 'list the parked events of the group (dead letters)',
    ...IN_GROUP,
    exclusive: ['follow', 'exec', 'count', 'exit-at-head', 'idle', 'from'],
  }),
  redeliver: Flags.boolean({
    description: 'deliver parked events again: these sequences, or all',
    helpGroup: 'GROUP',
    dependsOn: ['parked'],
  }),
  drop: Flags.boolean({
    description: 'discard these parked sequences, or all',
    helpGroup: 'GROUP',
    dependsOn: ['parked'],
    exclusive: ['redeliver'],
  }),
};

/** The flags as oclif parses them. */
export interface TailFlags extends LedgerFlags, OutputFlags {
  readonly follow: boolean;
  readonly number: string | undefined;
  readonly from: string | undefined;
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly key: string | undefined;
  readonly where: string[] | undefined;
  readonly tz: string | undefined;
  readonly count: number | undefined;
  readonly 'exit-at-head': boolean;
  readonly idle: string | undefined;
  readonly 'cursor-file': string | undefined;
  readonly group: string | undefined;
  readonly member: string | undefined;
  readonly lease: string | undefined;
  readonly exec: string | undefined;
  readonly batch: number | undefined;
  readonly 'batch-bytes': number | undefined;
  readonly concurrency: number | undefined;
  readonly 'max-deliver': number | undefined;
  readonly 'ack-timeout': string | undefined;
  readonly backoff: string | undefined;
  readonly parked: boolean;
  readonly redeliver: boolean;
  readonly drop: boolean;
}
