import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cut, escapeHtml, html } from '../../../src/cli/plate/html.ts';
import { anyCharacter } from '../../support/any-character.ts';

/** Texts of what breaks markup, terminals and lines of reading. */
const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc.string({ unit: 'grapheme-composite' }),
      fc.constantFrom('<script>', '</style>', '"', "'", '`', '&lt;', '&#', '\u0000', '\u001b[2J', '\u202e', '\u2066'),
      fc.constantFrom(
        '\u200b',
        '\ufeff',
        '\ud800',
        '\udfff',
        '\u00ad',
        '\u2028',
        '\u{e0041}',
        '-->',
        ']]>',
        '\ud83d\ude00',
      ),
    ),
  )
  .map((parts) => parts.join(''));

const ACTIVE = /[<>"'`]|&(?!#\d+;)/;
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

it('escapes everything that acts in markup, and shows everything that is unseen', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const escaped = escapeHtml(text);
      expect(escaped).not.toMatch(ACTIVE);
      expect(escaped).not.toMatch(UNSEEN);
      expect(escaped.isWellFormed?.() ?? true).toBe(true);
    }),
  );
});

it('keeps what is harmless as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'abcXYZ 0189.,:;/{}[]()äßéλ中😀') }), (text) => {
      expect(escapeHtml(text)).toBe(text);
    }),
  );
});

it('is reversed by a browser: no two texts look the same where nothing was unseen', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'<>&"\'`#39;a') }), (text) => {
      const read = escapeHtml(text).replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
      expect(read).toBe(text);
    }),
  );
});

it('escapes every value of a template, and no markup twice', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const inner = html`<b title="${text}">${text}</b>`;
      const outer = html`<p>${[inner, inner]}${null}${false}${7}</p>`;
      expect(inner.text).toBe(`<b title="${escapeHtml(text)}">${escapeHtml(text)}</b>`);
      expect(outer.text).toBe(`<p>${inner.text}${inner.text}7</p>`);
    }),
  );
});

it('cuts by code points: never through one, and never through an escape', () => {
  fc.assert(
    fc.property(hostile, fc.integer({ min: 1, max: 40 }), (text, most) => {
      const short = cut(text, most);
      expect([...short].length).toBeLessThanOrEqual(Math.max(most, 1));
      if ([...text].length <= most) expect(short).toBe(text);
      else expect(short.endsWith('…') && [...text].join('').startsWith(short.slice(0, -1))).toBe(true);
      expect(escapeHtml(short)).not.toMatch(ACTIVE);
    }),
  );
});
