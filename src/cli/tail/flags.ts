/** The flags of `tail`: range, filter, output and group membership. */

import * as Flags from '@oclif/core/flags';
import { countFlag, durationFlag, sizeFlag } from '../app/flag-kinds.ts';
import type { LedgerFlags } from '../app/session.ts';
import { partitionFlag } from '../range/arguments.ts';
import { endFlags, limitFlag, startFlags, zoneFlag } from '../range/range-flags.ts';
import { filterFlags } from '../replay/filter-flags.ts';
import { type OutputFlags, outputFlags } from '../terminal/output-flags.ts';

const IN_GROUP = { helpGroup: 'GROUP', dependsOn: ['group'] };
const ALONE = { exclusive: ['group'] };

/** A group has no end: its members continue to the head. */
const endFlagsAlone = Object.fromEntries(
  Object.entries(endFlags).map(([name, flag]) => [
    name,
    { ...flag, exclusive: [...(flag.exclusive ?? []), ...ALONE.exclusive] },
  ]),
) as typeof endFlags;

export const tailFlags = {
  follow: Flags.boolean({ char: 'f', description: 'keep following new events; always on with --group' }),
  number: Flags.string({
    char: 'n',
    description: 'number of last events, or all; default 10, or all of a range',
    helpValue: 'N|all',
    ...ALONE,
  }),
  ...startFlags,
  ...endFlagsAlone,
  ...limitFlag('stop after N events, including parked ones'),
  ...zoneFlag,
  ...partitionFlag,
  ...filterFlags(ALONE),
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
  quiet: Flags.boolean({
    char: 'q',
    description: 'print no notes and no report; errors are printed, and how many events were parked',
  }),
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
};

/** The flags as oclif parses them. */
export interface TailFlags extends LedgerFlags, OutputFlags {
  readonly follow: boolean;
  readonly quiet: boolean;
  readonly number: string | undefined;
  readonly from: string | undefined;
  readonly 'from-sequence': number | undefined;
  readonly through: string | undefined;
  readonly until: string | undefined;
  readonly 'through-sequence': number | undefined;
  readonly limit: number | undefined;
  readonly partition: string[] | undefined;
  readonly key: string | undefined;
  readonly where: string[] | undefined;
  readonly tz: string | undefined;
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
}
