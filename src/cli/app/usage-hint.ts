/** What to try after a command line that cannot be taken: the name that was meant, and the help that has them all. */

import { nearName } from '../../index.ts';

/** oclif's error of flags there are none of. */
type UnknownFlags = Error & { readonly flags?: unknown };

/** `verb`: as it is typed. `flags`: its long flags, without hyphens. */
export function verbHint(error: Error, verb: string, flags: readonly string[]): string {
  const { flags: unknown } = error as UnknownFlags;
  const [first] = Array.isArray(unknown) ? (unknown as unknown[]) : [];
  const near = typeof first === 'string' && first.startsWith('--') ? nearName(first.slice(2), flags) : null;
  return hint(near === null ? null : `--${near}`, `completengine ${verb} --help`);
}

/** `word`: what stands where a verb should. */
export function rootHint(word: string, verbs: readonly string[]): string {
  return hint(nearName(word, word.startsWith('-') ? ['--help', '--version'] : verbs), 'completengine --help');
}

function hint(near: string | null, help: string): string {
  return near === null ? help : `${near}, or ${help}`;
}
