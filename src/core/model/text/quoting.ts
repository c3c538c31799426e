/**
 * Names inside the text of a path or a routing. A name is written bare, or in double quotes as a JSON string. It must
 * be quoted if it is empty, contains one of . , + = [ ] or a quote, or begins or ends with a blank. No I/O.
 */

/** Why a text is not a valid name; for messages. */
export type NameFault =
  | 'a name is missing'
  | 'a quote is not closed'
  | 'a name with . , + = [ ] " or with blanks around it must be in double quotes';

const BARE = /^[^.,+="[\]\s\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u;
const NEEDS_QUOTES = /[.,+="[\]]|^\s|\s$/;
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Reads one name, or returns why it is invalid. */
export function readName(text: string): { readonly name: string } | { readonly fault: NameFault } {
  if (text === '') return { fault: 'a name is missing' };
  if (text.startsWith('"')) return readQuoted(text);
  return NEEDS_QUOTES.test(text)
    ? { fault: 'a name with . , + = [ ] " or with blanks around it must be in double quotes' }
    : { name: text };
}

function readQuoted(text: string): ReturnType<typeof readName> {
  try {
    const name: unknown = JSON.parse(text);
    if (typeof name === 'string') return { name };
  } catch {
    // what JSON cannot parse is an open quote, or has something after it
  }
  return { fault: 'a quote is not closed' };
}

/**
 * The text that {@link readName} reads back: bare if unambiguous, otherwise quoted, with invisible characters escaped.
 */
export function formatName(name: string): string {
  return BARE.test(name) ? name : quoted(name);
}

/** In double quotes as a JSON string; control and formatting characters are escaped. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(UNSEEN, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

/** Parts of a text between separators that are outside of quotes; at least one. */
export function splitOutsideQuotes(text: string, separator: string): [string, ...string[]] {
  const ends: number[] = [];
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted && character === '\\') at++;
    else if (!isQuoted && character === separator) ends.push(at);
  }
  const [first = text.length, ...rest] = ends;
  return [text.slice(0, first), ...ends.map((end, nth) => text.slice(end + 1, rest[nth]))];
}
