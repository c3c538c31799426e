/** Quotes words for a shell, so that a hint can be pasted whatever a path or a name contains. No I/O. */

// characters without meaning to a shell; in zsh a leading `=` expands to a command's path
const BARE = /^(?!=)[A-Za-z0-9_@%+:,./=-]+$/;

/** One word: bare if that is safe, otherwise quoted, with invisible characters as byte escapes (bash, zsh, ksh). */
export function shellWord(text: string): string {
  if (BARE.test(text)) return text;
  // Characters that a terminal would interpret or hide. Made here: classes of Unicode are 0.3 ms of each command's start
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)) return `$'${text.replace(/[\\'\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped)}'`;
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The hint for a directory that is missing: the command that makes it, with those above it. */
export function makeDirectoryHint(directory: string): string {
  // a leading hyphen would be a flag
  return `make the directory first: mkdir -p ${shellWord(directory.startsWith('-') ? `./${directory}` : directory)}`;
}

/** A flag with its value; a value with a leading hyphen would be taken for a flag. `name`: without hyphens. */
export function shellFlag(name: string, value: string): string {
  return `--${name}${value.startsWith('-') ? '=' : ' '}${shellWord(value)}`;
}

function escaped(character: string): string {
  if (character === '\\' || character === "'") return `\\${character}`;
  // three octal digits: after \x some shells read more digits than two
  return Array.from(new TextEncoder().encode(character), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
