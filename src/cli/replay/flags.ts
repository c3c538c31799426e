/** The flags of `replay`, and the request made from them. */

import * as Flags from '@oclif/core/flags';
import type { ReplayOptions } from '../../index.ts';
import { OUTPUT_FLAGS, outputFlags } from '../terminal/output-flags.ts';
import { filterFlags } from './filter-flags.ts';

export const replayFlags = {
  from: Flags.string({
    description: 'start time, inclusive; with --to-group also start, end or a sequence',
    helpValue: 'TIME',
    exclusive: ['from-sequence'],
    helpGroup: 'RANGE',
  }),
  through: Flags.string({
    description: 'end time, inclusive',
    helpValue: 'TIME',
    exclusive: ['until', 'through-sequence'],
    helpGroup: 'RANGE',
  }),
  until: Flags.string({
    description: 'end time, exclusive',
    helpValue: 'TIME',
    exclusive: ['through-sequence'],
    helpGroup: 'RANGE',
  }),
  'from-sequence': Flags.integer({ description: 'first sequence', helpValue: 'N', helpGroup: 'RANGE' }),
  'through-sequence': Flags.integer({ description: 'last sequence, inclusive', helpValue: 'N', helpGroup: 'RANGE' }),
  tz: Flags.string({
    description:
      'time zone of dates, of times without a zone and of the times shown, such as Europe/Berlin; an ambiguous time means the earlier one. Default UTC',
    helpValue: 'ZONE',
    helpGroup: 'RANGE',
  }),
  follow: Flags.boolean({ char: 'f', description: 'after history, continue with new events' }),
  partition: Flags.string({
    char: 'p',
    description:
      'only these partitions; with --into, a value with a colon is the routing rule of the new ledger: hash:FIELD',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME',
    helpGroup: 'FILTER',
  }),
  ...filterFlags({ helpGroup: 'FILTER' }),
  speed: Flags.string({
    description: 'natural, max, or a factor of the original pace: 60, 0.5',
    default: 'max',
    helpValue: 'SPEED',
    helpGroup: 'PACE',
  }),
  rate: Flags.string({
    description: 'events per second, instead of a speed',
    helpValue: 'N/s',
    helpGroup: 'PACE',
  }),
  'max-gap': Flags.string({
    description: 'cap gaps between events, such as at 5s',
    helpValue: 'DURATION',
    helpGroup: 'PACE',
  }),
  step: Flags.boolean({ description: 'one event per key press', exclusive: ['speed', 'rate'], helpGroup: 'PACE' }),
  'dry-run': Flags.boolean({
    description:
      'preview count, bytes, span and duration at this speed, or the offsets of --to-group; output and change nothing',
    exclusive: ['follow', 'into', 'exec', 'cursor-file', 'step'],
  }),
  into: Flags.string({
    description: 'write to this ledger, created if missing; run again to resume',
    helpValue: 'LEDGER',
    exclusive: ['exec', 'cursor-file', ...OUTPUT_FLAGS],
    helpGroup: 'TARGET',
  }),
  partitions: Flags.string({
    description: 'partitions of a ledger that --into creates: a number, or names',
    helpValue: 'N|NAMES',
    dependsOn: ['into'],
    helpGroup: 'TARGET',
  }),
  exec: Flags.string({
    description: 'run this command for each delivery, with the events on its standard input',
    helpValue: 'CMD',
    helpGroup: 'TARGET',
  }),
  'to-group': Flags.string({
    description:
      'offset reset: move this group to --from, so that its members receive everything from there on. Prints a plan; --yes applies it',
    helpValue: 'NAME',
    helpGroup: 'GROUP',
  }),
  yes: Flags.boolean({
    description: 'apply the plan',
    helpGroup: 'GROUP',
    dependsOn: ['to-group'],
    exclusive: ['dry-run'],
  }),
  force: Flags.boolean({
    description: 'reset offsets even while members are active',
    helpGroup: 'GROUP',
    dependsOn: ['to-group'],
  }),
  'cursor-file': Flags.string({
    description: 'store the position in this file, and resume from it',
    helpValue: 'FILE',
  }),
  'expect-digest': Flags.string({
    description: 'exit 3 if the digest differs',
    helpValue: 'HEX',
    exclusive: ['follow', 'digest-file'],
    helpGroup: 'PROOF',
  }),
  'digest-file': Flags.string({
    description: 'store the digest in this file; a later run compares it (exit 3)',
    helpValue: 'FILE',
    exclusive: ['follow'],
    helpGroup: 'PROOF',
  }),
  determinism: Flags.option({
    description: "strict: verify while reading; relaxed: do not verify; default: the ledger's setting",
    options: ['strict', 'relaxed'] as const,
    helpGroup: 'PROOF',
  })(),
  ...outputFlags(),
  json: Flags.boolean({
    description: 'print the report as JSON: on standard error where events are output, else on standard output',
  }),
  quiet: Flags.boolean({ char: 'q', description: 'print no report and no progress' }),
};

/** Flags of one run that are not part of the command that resumes it. */
export const FLAGS_OF_A_RUN = [
  'from',
  'through',
  'until',
  'from-sequence',
  'through-sequence',
  'expect-digest',
  'digest-file',
];

/** The flags that define the replay: range, filter, pace and verification. */
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

/** `range`: the argument. `partitions`: the names among the values of `--partition`. */
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
