/** The flags of `replay`, and the request made from them. */

import * as Flags from '@oclif/core/flags';
import type { ReplayOptions } from '../../index.ts';
import { durationFlag } from '../app/flag-kinds.ts';
import { partitionFlag, type RangeArguments } from '../range/arguments.ts';
import {
  type EndFlagValues,
  endFlags,
  FLAGS_OF_A_RANGE,
  limitFlag,
  rangeOptions,
  type StartFlagValues,
  startFlags,
  zoneFlag,
} from '../range/range-flags.ts';
import { OUTPUT_FLAGS, outputFlags } from '../terminal/output-flags.ts';
import { filterFlags } from './filter-flags.ts';

export const replayFlags = {
  ...startFlags,
  ...endFlags,
  ...limitFlag('only the first N events of the range'),
  ...zoneFlag,
  follow: Flags.boolean({ char: 'f', description: 'after history, continue with new events' }),
  ...partitionFlag,
  ...filterFlags({ helpGroup: 'FILTER' }),
  speed: Flags.string({
    description: 'natural, max, or a factor of the original pace: 60, 0.5',
    default: 'max',
    helpValue: 'natural|max|FACTOR',
    helpGroup: 'PACE',
  }),
  rate: Flags.string({
    description: 'events per second, instead of a speed',
    helpValue: 'N/s',
    helpGroup: 'PACE',
  }),
  'max-gap': durationFlag({
    description: 'cap gaps between events, such as at 5s',
    helpGroup: 'PACE',
  }),
  step: Flags.boolean({ description: 'one event per key press', exclusive: ['speed', 'rate'], helpGroup: 'PACE' }),
  'dry-run': Flags.boolean({
    description: 'preview count, bytes, span and duration at this speed; output nothing',
    exclusive: ['follow', 'into', 'exec', 'cursor-file', 'step'],
  }),
  into: Flags.string({
    description: 'write to this ledger, created if missing; run again to resume',
    helpValue: 'LEDGER',
    exclusive: ['exec', 'cursor-file', ...OUTPUT_FLAGS],
    helpGroup: 'TARGET',
  }),
  routing: Flags.string({
    description: 'routing rule of a ledger that --into creates, as in init; default: the rule of this ledger',
    helpValue: 'SPEC',
    dependsOn: ['into'],
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
export const FLAGS_OF_A_RUN = [...FLAGS_OF_A_RANGE, 'expect-digest', 'digest-file'];

/** The flags that define the replay: range, filter, pace and verification. */
interface RequestFlags extends StartFlagValues, EndFlagValues {
  readonly follow: boolean;
  readonly key?: string | undefined;
  readonly where?: readonly string[] | undefined;
  readonly speed: string;
  readonly rate?: string | undefined;
  readonly 'max-gap'?: string | undefined;
  readonly determinism?: 'strict' | 'relaxed' | undefined;
}

export function replayRequest(flags: RequestFlags, { range, partitions }: RangeArguments): ReplayOptions {
  return {
    ...rangeOptions(flags, range),
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
