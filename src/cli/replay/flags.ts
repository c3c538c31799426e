/** The flags of `replay`, and the request they make. */

import * as Flags from '@oclif/core/flags';
import type { ReplayOptions } from '../../index.ts';
import { outputFlag } from '../terminal/output.ts';
import { filterFlags } from './filter-flags.ts';

export const replayFlags = {
  from: Flags.string({
    description: 'time, inclusive; of a group also start, end or a sequence',
    helpValue: 'TIME',
    exclusive: ['from-sequence'],
    helpGroup: 'RANGE',
  }),
  through: Flags.string({
    description: 'time, inclusive',
    helpValue: 'TIME',
    exclusive: ['until', 'through-sequence'],
    helpGroup: 'RANGE',
  }),
  until: Flags.string({
    description: 'time, exclusive',
    helpValue: 'TIME',
    exclusive: ['through-sequence'],
    helpGroup: 'RANGE',
  }),
  'from-sequence': Flags.integer({ description: 'sequence, inclusive', helpValue: 'N', helpGroup: 'RANGE' }),
  'through-sequence': Flags.integer({ description: 'sequence, inclusive', helpValue: 'N', helpGroup: 'RANGE' }),
  tz: Flags.string({
    description:
      'zone of dates and of times without one, such as Europe/Berlin; of two equal times the first counts. Default UTC',
    helpValue: 'ZONE',
    helpGroup: 'RANGE',
  }),
  follow: Flags.boolean({ char: 'f', description: 'at the present, go on with what comes' }),
  partition: Flags.string({
    char: 'p',
    description: 'only these partitions; with --into, what holds a colon is the routing of the new ledger: hash:FIELD',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME',
    helpGroup: 'FILTER',
  }),
  ...filterFlags({ helpGroup: 'FILTER' }),
  speed: Flags.string({
    description: 'natural, max, or how many times as fast as it happened: 60, 0.5',
    default: 'max',
    helpValue: 'SPEED',
    helpGroup: 'PACE',
  }),
  rate: Flags.string({
    description: 'so many events a second, in place of a speed',
    helpValue: 'N/s',
    helpGroup: 'PACE',
  }),
  'max-gap': Flags.string({
    description: 'no silence lasts longer than this, such as 5s',
    helpValue: 'DURATION',
    helpGroup: 'PACE',
  }),
  step: Flags.boolean({ description: 'one event a key press', exclusive: ['speed', 'rate'], helpGroup: 'PACE' }),
  'dry-run': Flags.boolean({
    description: 'count, bytes, span and duration at this speed, or where a group would step; tell and change nothing',
    exclusive: ['follow', 'into', 'exec', 'cursor-file', 'step'],
  }),
  into: Flags.string({
    description: 'into this ledger, which is made if absent; run again, it goes on',
    helpValue: 'LEDGER',
    exclusive: ['exec', 'output', 'cursor-file'],
    helpGroup: 'TARGET',
  }),
  partitions: Flags.string({
    description: 'of a ledger that --into makes: a count, or names',
    helpValue: 'N|NAMES',
    dependsOn: ['into'],
    helpGroup: 'TARGET',
  }),
  exec: Flags.string({
    description: 'each delivery on the standard input of one run of this command',
    helpValue: 'CMD',
    helpGroup: 'TARGET',
  }),
  'to-group': Flags.string({
    description:
      'step this group to --from, so that its consumers get everything from there on; the plan, and with --yes the deed',
    helpValue: 'NAME',
    helpGroup: 'GROUP',
  }),
  yes: Flags.boolean({
    description: 'do what is planned',
    helpGroup: 'GROUP',
    dependsOn: ['to-group'],
    exclusive: ['dry-run'],
  }),
  force: Flags.boolean({ description: 'also while members are at work', helpGroup: 'GROUP', dependsOn: ['to-group'] }),
  'cursor-file': Flags.string({
    description: 'keep how far it is in this file, and go on from there',
    helpValue: 'FILE',
  }),
  'expect-digest': Flags.string({
    description: 'exit 3 where the digest is another one',
    helpValue: 'HEX',
    exclusive: ['follow', 'digest-file'],
    helpGroup: 'PROOF',
  }),
  'digest-file': Flags.string({
    description: 'keep the digest in this file; a later run compares (exit 3)',
    helpValue: 'FILE',
    exclusive: ['follow'],
    helpGroup: 'PROOF',
  }),
  determinism: Flags.option({
    description: "strict: verify while reading; relaxed: do not; default: the ledger's",
    options: ['strict', 'relaxed'] as const,
    helpGroup: 'PROOF',
  })(),
  output: outputFlag(),
  json: Flags.boolean({
    description: 'the report on standard error as JSON; the plan of --to-group on standard output',
  }),
  quiet: Flags.boolean({ char: 'q', description: 'no report and no progress' }),
};

/** What belongs to one run and not to the one that goes on behind it. */
export const FLAGS_OF_A_RUN = [
  'from',
  'through',
  'until',
  'from-sequence',
  'through-sequence',
  'expect-digest',
  'digest-file',
];

/** What of the flags shapes the telling: its range, filter, pace and proof. */
interface RequestFlags {
  readonly from?: string | undefined;
  readonly through?: string | undefined;
  readonly until?: string | undefined;
  readonly 'from-sequence'?: number | undefined;
  readonly 'through-sequence'?: number | undefined;
  readonly tz?: string | undefined;
  readonly follow: boolean;
  readonly key?: string | undefined;
  readonly where?: readonly string[] | undefined;
  readonly speed: string;
  readonly rate?: string | undefined;
  readonly 'max-gap'?: string | undefined;
  readonly determinism?: 'strict' | 'relaxed' | undefined;
}

/** `range` is the argument, `partitions` the names among the `--partition`s. */
export function replayRequest(
  flags: RequestFlags,
  range: string | undefined,
  partitions: readonly string[],
): ReplayOptions {
  return {
    range,
    from: flags.from,
    through: flags.through,
    until: flags.until,
    fromSequence: flags['from-sequence'],
    throughSequence: flags['through-sequence'],
    zone: flags.tz,
    follow: flags.follow,
    partitions,
    key: flags.key,
    where: flags.where,
    speed: flags.speed,
    rate: flags.rate,
    maxGap: flags['max-gap'],
    determinism: flags.determinism,
  };
}
