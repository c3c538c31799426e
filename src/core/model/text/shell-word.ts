/** Words of a command as a shell reads them back, so that a hint can be pasted whatever a path or a name holds. No I/O. */

// nothing a shell acts upon; `=` at the beginning is a command's path to zsh
const BARE = /^(?!=)[A-Za-z0-9_@%+:,./=-]+$/;
// a terminal would act upon these, or hide them
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const TO_ESCAPE = /[\\'\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** One word: bare where that is safe, otherwise in quotes, with what cannot be seen as escapes of its bytes (bash, zsh, ksh). */
export function shellWord(text: string): string {
  if (BARE.test(text)) return text;
  if (UNSEEN.test(text)) return `$'${text.replace(TO_ESCAPE, escaped)}'`;
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A flag with its value; one that begins with a hyphen would be read as a flag by itself. `name`: without hyphens. */
export function shellFlag(name: string, value: string): string {
  return `--${name}${value.startsWith('-') ? '=' : ' '}${shellWord(value)}`;
}

function escaped(character: string): string {
  if (character === '\\' || character === "'") return `\\${character}`;
  // three octal digits: after \x some shells take more digits than two
  return Array.from(new TextEncoder().encode(character), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
