/** Arbitrary JSON lines: every kind of value, insignificant blanks, unicode, escapes, and numbers in any spelling. */

import fc from 'fast-check';
import { anyCharacter } from './any-character.ts';

/** Insignificant blanks between tokens; a line feed would end the line. */
const blanks = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.stringMatching(/^[ \t\r]{1,3}$/) },
);

const plainString = fc
  .oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: anyCharacter }))
  .map((text) => JSON.stringify(text));
const escapedString = fc
  .string({ unit: 'grapheme', minLength: 1 })
  .map((text) => `"${Array.from({ length: text.length }, (_, at) => unicodeEscape(text, at)).join('')}"`);
const number = fc.stringMatching(/^-?(?:0|[1-9][0-9]{0,20})(?:\.[0-9]{1,8})?(?:[eE][+-]?[0-9]{1,3})?$/);
const word = fc.constantFrom('true', 'false', 'null');

/** One JSON text on one line, with blanks at both ends. It never ends with a carriage return, which would be part of the line end. */
export const jsonLine: fc.Arbitrary<string> = fc
  .letrec<{ value: string; scalar: string; array: string; object: string }>((tie) => ({
    scalar: fc.oneof(plainString, escapedString, number, word),
    array: listed('[', tie('value'), ']'),
    object: listed(
      '{',
      fc.tuple(plainString, blanks, tie('value')).map(([key, blank, value]) => `${key}${blank}:${value}`),
      '}',
    ),
    value: fc.oneof({ maxDepth: 3 }, tie('scalar'), tie('array'), tie('object')),
  }))
  .value.chain((value) =>
    fc.tuple(blanks, blanks).map(([before, after]) => before + value + after.replace(/\r+$/, '')),
  );

function listed(open: string, item: fc.Arbitrary<string>, close: string): fc.Arbitrary<string> {
  return fc
    .array(fc.tuple(blanks, item, blanks), { maxLength: 4 })
    .map((items) => open + items.map((parts) => parts.join('')).join(',') + close);
}

function unicodeEscape(text: string, at: number): string {
  return `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`;
}
