/** The flags of `tail`: where it begins and ends, and what makes it a member of a group. */

import * as Flags from '@oclif/core/flags';
import type { LedgerFlags } from '../app/session.ts';
import { filterFlags } from '../replay/filter-flags.ts';
import { type OutputName, outputFlag } from '../terminal/output.ts';

const IN_GROUP = { helpGroup: 'GROUP', dependsOn: ['group'] };
const ALONE = { exclusive: ['group', 'parked'] };

export const tailFlags = {
  follow: Flags.boolean({ char: 'f', description: 'go on with what comes; a member of a group always does' }),
  number: Flags.string({
    char: 'n',
    description: 'how many of the last events, or all; default 10, and all of a range',
    helpValue: 'N|all',
    ...ALONE,
  }),
  from: Flags.string({
    description: 'begin at the start, the end, a sequence or a time; for a group that is new',
    helpValue: 'start|end|SEQ|TIME',
  }),
  since: Flags.string({ description: 'begin at this time', helpValue: 'TIME', exclusive: ['from', 'group', 'parked'] }),
  until: Flags.string({ description: 'end before this time', helpValue: 'TIME', ...ALONE }),
  ...filterFlags(ALONE),
  tz: Flags.string({
    description: 'zone of dates and of times without one, of two equal times the first; default UTC',
    helpValue: 'ZONE',
  }),
  count: Flags.integer({
    char: 'c',
    description: 'end after so many events; parked ones count',
    helpValue: 'N',
    min: 1,
  }),
  'exit-at-head': Flags.boolean({
    char: 'e',
    description: 'end at the head as it is at the start',
    exclusive: ['follow', 'idle'],
  }),
  idle: Flags.string({ description: 'follow, and end when nothing to tell came for so long', helpValue: 'DURATION' }),
  'cursor-file': Flags.string({
    description: 'go on behind what this file says, and keep it',
    helpValue: 'FILE',
    ...ALONE,
  }),
  output: outputFlag(),
  group: Flags.string({
    char: 'g',
    description: 'be a member of this group, which keeps how far it was delivered',
    helpValue: 'NAME',
    helpGroup: 'GROUP',
  }),
  member: Flags.string({ description: "this member's name; default: one of its own", helpValue: 'ID', ...IN_GROUP }),
  lease: Flags.string({
    description: 'how long a silent member keeps its partitions; default 10s',
    helpValue: 'DURATION',
    ...IN_GROUP,
  }),
  exec: Flags.string({
    description: 'give events to a command, on standard input; exit 0 takes them',
    helpValue: 'COMMAND',
    ...IN_GROUP,
  }),
  batch: Flags.integer({
    description: 'most events of one run; default 1',
    helpValue: 'N',
    min: 1,
    helpGroup: 'GROUP',
    dependsOn: ['exec'],
  }),
  'batch-bytes': Flags.integer({
    description: 'most bytes of one run',
    helpValue: 'N',
    min: 1,
    helpGroup: 'GROUP',
    dependsOn: ['exec'],
  }),
  concurrency: Flags.integer({
    description: 'runs at a time, of other partitions each; default 1',
    helpValue: 'N',
    min: 1,
    helpGroup: 'GROUP',
    dependsOn: ['exec'],
  }),
  'max-deliver': Flags.integer({
    description: 'failures before an event is parked; default 10',
    helpValue: 'N',
    min: 1,
    helpGroup: 'GROUP',
    dependsOn: ['exec'],
  }),
  'ack-timeout': Flags.string({
    description: 'how long a run may take before it is killed; default 30s',
    helpValue: 'DURATION',
    helpGroup: 'GROUP',
    dependsOn: ['exec'],
  }),
  backoff: Flags.string({
    description: 'pause after the first failure, doubled up to 30s; default 100ms',
    helpValue: 'DURATION',
    helpGroup: 'GROUP',
    dependsOn: ['exec'],
  }),
  parked: Flags.boolean({
    description: 'list what the group has parked',
    ...IN_GROUP,
    exclusive: ['follow', 'exec', 'count', 'exit-at-head', 'idle', 'from'],
  }),
  redeliver: Flags.boolean({
    description: 'deliver parked events once more: these sequences, or all',
    helpGroup: 'GROUP',
    dependsOn: ['parked'],
  }),
  drop: Flags.boolean({
    description: 'forget these parked sequences, or all',
    helpGroup: 'GROUP',
    dependsOn: ['parked'],
    exclusive: ['redeliver'],
  }),
};

/** What the flags say, as oclif reads them. */
export interface TailFlags extends LedgerFlags {
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
  readonly output: OutputName | undefined;
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
