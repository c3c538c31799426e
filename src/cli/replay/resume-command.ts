/** Builds the command that resumes an interrupted one. */

import { displayedLocation, shellFlag, shellWord } from '../../index.ts';

type FlagValue = string | number | boolean | readonly string[] | undefined;

/** Flags with locations, in which there may be a password. */
const LOCATIONS = new Set(['ledger', 'into']);

/** Flags as parsed, with a mark for those set from their default. */
export interface GivenFlags {
  /** Arguments to keep. */
  readonly words?: readonly string[];
  readonly flags: Readonly<Record<string, FlagValue>>;
  readonly metadata: { readonly flags: Readonly<Record<string, { readonly setFromDefault?: boolean } | undefined>> };
}

/** Keeps all given flags except those in `dropped`, adds the words in `added`, and replaces the range by sequences. `through`: null if there is no end. */
export function resumeCommand(
  verb: string,
  given: GivenFlags,
  { dropped, added }: { readonly dropped: readonly string[]; readonly added: readonly string[] },
  range: { readonly from: number; readonly through: number | null },
): string {
  const words = ['completengine', verb, '--from-sequence', String(range.from)];
  if (range.through !== null) words.push('--through-sequence', String(range.through));
  for (const [name, value] of Object.entries(given.flags)) {
    if (dropped.includes(name) || value === undefined || value === false || given.metadata.flags[name]?.setFromDefault)
      continue;
    if (value === true) words.push(`--${name}`);
    else
      for (const each of [value].flat())
        words.push(shellFlag(name, LOCATIONS.has(name) ? displayedLocation(String(each)) : String(each)));
  }
  return [...words, ...added, ...(given.words ?? []).map(shellWord)].join(' ');
}
