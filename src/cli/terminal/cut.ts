/** Cuts text to a width in columns, not characters: a wide one counts two. */

import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';

export function cut(text: string, columns: number): string {
  // no character is wider than two columns, so what is beyond the room for sure is not measured
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

/** The same for a line that may be coloured: one that is cut loses its colours. */
export function cutLine(line: string, columns: number): string {
  return stringWidth(line) <= columns ? line : cut(stripVTControlCharacters(line), columns);
}
