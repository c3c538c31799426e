/** The command that goes on where an interrupted one has ended. */

import { shellFlag } from '../../index.ts';

type FlagValue = string | number | boolean | readonly string[] | undefined;

/** Flags as they were parsed, and those that were not given but have a default. */
export interface GivenFlags {
  readonly flags: Readonly<Record<string, FlagValue>>;
  readonly metadata: { readonly flags: Readonly<Record<string, { readonly setFromDefault?: boolean } | undefined>> };
}

/** The other flags stay; those named in `left` and the range make room for the sequences. `through` is null where there is no end. */
export function resumeCommand(
  verb: string,
  given: GivenFlags,
  left: readonly string[],
  range: { readonly from: number; readonly through: number | null },
): string {
  const words = ['completengine', verb, '--from-sequence', String(range.from)];
  if (range.through !== null) words.push('--through-sequence', String(range.through));
  for (const [name, value] of Object.entries(given.flags)) {
    if (left.includes(name) || value === undefined || value === false || given.metadata.flags[name]?.setFromDefault)
      continue;
    if (value === true) words.push(`--${name}`);
    else for (const each of [value].flat()) words.push(shellFlag(name, String(each)));
  }
  return words.join(' ');
}
