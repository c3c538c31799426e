/** Builds the hint for an invalid command line: the most similar name, and the help command. */

import { nearName } from '../../index.ts';

/** The oclif error for unknown flags. */
type UnknownFlags = Error & { readonly flags?: unknown };

/** `verb`: as typed. `flags`: its long flags, without hyphens. */
export function verbHint(error: Error, verb: string, flags: readonly string[]): string {
  const { flags: unknown } = error as UnknownFlags;
  const [first] = Array.isArray(unknown) ? (unknown as unknown[]) : [];
  const near = typeof first === 'string' && first.startsWith('--') ? nearName(first.slice(2), flags) : null;
  return hint(near === null ? null : `--${near}`, `completengine ${verb} --help`);
}

/** `word`: the argument in the place of the verb. */
export function rootHint(word: string, verbs: readonly string[]): string {
  return hint(nearName(word, word.startsWith('-') ? ['--help', '--version'] : verbs), 'completengine --help');
}

function hint(near: string | null, help: string): string {
  return near === null ? help : `${near}, or ${help}`;
}
