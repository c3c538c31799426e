/** The flags that define a range of events, the same in every command that takes one, and the options made from them. */

import * as Flags from '@oclif/core/flags';
import type { EndRequest, RangeRequest, StartRequest } from '../../index.ts';
import { countFlag } from '../app/flag-kinds.ts';

const HELP = { helpGroup: 'RANGE' };

/** Of a start. `more`: what else holds for these flags, such as flags that they exclude. */
export const startFlags = {
  from: Flags.string({
    aliases: ['since'],
    description: 'start, inclusive: start, end, or a time. --since is the same',
    helpValue: 'PLACE',
    exclusive: ['from-sequence'],
    ...HELP,
  }),
  'from-sequence': Flags.integer({ description: 'first sequence', helpValue: 'N', ...HELP }),
};

export const endFlags = {
  through: Flags.string({
    description: 'end time, inclusive: a date means all of its day',
    helpValue: 'TIME',
    exclusive: ['until', 'through-sequence'],
    ...HELP,
  }),
  until: Flags.string({
    description: 'end time, exclusive',
    helpValue: 'TIME',
    exclusive: ['through-sequence'],
    ...HELP,
  }),
  'through-sequence': Flags.integer({ description: 'last sequence, inclusive', helpValue: 'N', ...HELP }),
};

export const limitFlag = (description: string) => ({
  limit: countFlag({ char: 'c', description, ...HELP }),
});

export const zoneFlag = {
  tz: Flags.string({
    description:
      'time zone of dates, of times without a zone and of the times shown, such as Europe/Berlin; an ambiguous time means the earlier one. Default UTC',
    helpValue: 'ZONE',
    ...HELP,
  }),
};

/** Of a command that only shows times. `exclusive`: flags with which it shows none. */
export const shownZoneFlag = (...exclusive: string[]) => ({
  tz: Flags.string({
    description: 'time zone of the times shown, such as Europe/Berlin; those of JSON are in UTC. Default UTC',
    helpValue: 'ZONE',
    exclusive,
  }),
});

/** Names of the flags that a command which resumes replaces by sequences. */
export const FLAGS_OF_A_RANGE = ['from', 'through', 'until', 'from-sequence', 'through-sequence', 'limit'] as const;

export interface StartFlagValues {
  readonly from?: string | undefined;
  readonly 'from-sequence'?: number | undefined;
  readonly tz?: string | undefined;
}

export interface EndFlagValues {
  readonly through?: string | undefined;
  readonly until?: string | undefined;
  readonly 'through-sequence'?: number | undefined;
  readonly limit?: number | undefined;
  readonly tz?: string | undefined;
}

export function startOptions(flags: StartFlagValues): StartRequest & { readonly zone: string | undefined } {
  return { from: flags.from, fromSequence: flags['from-sequence'], zone: flags.tz };
}

export function endOptions(
  flags: EndFlagValues,
): EndRequest & { readonly limit: number | undefined; readonly zone: string | undefined } {
  const { through, until, limit, tz } = flags;
  return { through, until, throughSequence: flags['through-sequence'], limit, zone: tz };
}

/** `range`: the argument, if there is one. */
export function rangeOptions(
  flags: StartFlagValues & EndFlagValues,
  range: string | undefined,
): RangeRequest & { readonly zone: string | undefined } {
  return { range, ...startOptions(flags), ...endOptions(flags) };
}
