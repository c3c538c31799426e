/** Truncates text to a width in columns, where a wide character counts as two. */

import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';

export function cut(text: string, columns: number): string {
  // measure a prefix only: the rest of a long text is beyond the width for sure
  const near = text.slice(0, columns * 2);
  if (stringWidth(near) <= columns && near.length === text.length) return text;
  let end = 0;
  let width = 0;
  for (const character of near) {
    width += stringWidth(character);
    if (width > columns - 1) break;
    end += character.length;
  }
  return `${near.slice(0, end)}…`;
}

/** Truncates a line that may be coloured; a truncated one loses its colours. */
export function cutLine(line: string, columns: number): string {
  return stringWidth(line) <= columns ? line : cut(stripVTControlCharacters(line), columns);
}
