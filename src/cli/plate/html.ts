/**
 * The only way from text to markup: a tagged template that escapes every value. What is markup already is a {@link Markup}, which only this template
 * makes. Works in text, in quoted attributes and in SVG.
 */

/** Characters that act in markup, as numbers: they mean the same in HTML and in SVG. */
const ACTIVE = /[&<>"'`]/g;

/**
 * Characters that are invisible or act on their surroundings: controls (C0, DEL, C1), the soft hyphen, bidirectional marks and overrides, zero-width
 * and other format characters, separators of lines and paragraphs, interlinear marks, tags, noncharacters, and surrogates that stand alone.
 */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufff0-\ufffb\ufffe\uffff\u{e0000}-\u{e0fff}]|\u034f/gu;

export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type HtmlValue = string | number | Markup | null | false | readonly HtmlValue[];

/** `null` and `false` are nothing, lists are joined. */
export function html(parts: TemplateStringsArray, ...values: HtmlValue[]): Markup {
  let text = parts[0] as string;
  for (const [at, value] of values.entries()) text += rendered(value) + (parts[at + 1] as string);
  return new Markup(text);
}

function rendered(value: HtmlValue): string {
  if (value === null || value === false) return '';
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(rendered).join('');
  return escapeHtml(String(value));
}

/** Shows what is unseen as `\uXXXX`, and takes from the rest what acts in markup. */
export function escapeHtml(text: string): string {
  return text.replace(UNSEEN, codeOf).replace(ACTIVE, (character) => `&#${character.charCodeAt(0)};`);
}

function codeOf(character: string): string {
  const code = character.codePointAt(0) as number;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** The first `most` code points, with an ellipsis if there are more. To be cut before it is escaped, or half an escape could be left. */
export function cut(text: string, most: number): string {
  // a code point has at most two units: a long text is not taken apart whole
  const points = [...text.slice(0, 2 * most + 2)];
  return points.length > most ? `${points.slice(0, most - 1).join('')}…` : text;
}
