/**
 * Recognises content by its first bytes: plain lines, compressed ones, or a format that another command converts. For inputs, and for files that were named
 * as ledgers. Pure.
 */

import { shellWord } from './text/shell-word.ts';

export type Codec = 'gzip' | 'zstd';

/** The input that a hint is about. */
export interface HintedInput {
  /** A file, or `stdin`. */
  readonly source: string;
  /** How its bytes are compressed; null if they are not, or if that is not known. */
  readonly codec: Codec | null;
}

/** A format that is named instead of read. */
export interface ForeignFormat {
  readonly name: string;
  /** What to do with it. */
  readonly hint: (input: HintedInput) => string;
}

export type ContentKind =
  /** Undecided until there are more bytes. */
  | { readonly kind: 'more' }
  | { readonly kind: 'plain' }
  | { readonly kind: 'compressed'; readonly codec: Codec }
  | { readonly kind: 'foreign'; readonly format: ForeignFormat };

const MORE: ContentKind = { kind: 'more' };
const PLAIN: ContentKind = { kind: 'plain' };

/** `null` stands for any byte. */
type Signature = readonly (number | null)[];

const NUL = 0;
const ascii = (text: string): number[] => [...Buffer.from(text, 'latin1')];
const foreign = (name: string, command: string): ContentKind => ({
  kind: 'foreign',
  format: converting(name, command),
});
const SQLITE: ForeignFormat = {
  name: 'a SQLite database',
  hint: ({ source }) =>
    `if it is a ledger: completengine replay -q -l ${source === 'stdin' ? 'FILE' : shellWord(source)} | completengine emit`,
};
/** What a file system leaves where data never reached the disk before a power failure, or were lost. */
const ZEROS: ForeignFormat = {
  name: 'zero bytes at its beginning',
  hint: () => 'restore an intact copy: nothing was written there, or it was lost',
};
/** `order`: of bytes, where no byte order mark names it. */
const utf = (name: string, order: '' | 'BE' | 'LE' = ''): ContentKind =>
  foreign(`text in ${name}`, `iconv -f ${name}${order} -t UTF-8`);

/** The longer of two that begin alike comes first. */
const SIGNATURES: readonly (readonly [Signature, ContentKind])[] = [
  [[0x1f, 0x8b], { kind: 'compressed', codec: 'gzip' }],
  [[0x28, 0xb5, 0x2f, 0xfd], { kind: 'compressed', codec: 'zstd' }],
  // a frame to skip, which tools put before or between the others
  ...Array.from({ length: 16 }, (_, nth): readonly [Signature, ContentKind] => [
    [0x50 + nth, 0x2a, 0x4d, 0x18],
    { kind: 'compressed', codec: 'zstd' },
  ]),
  [[0xfd, ...ascii('7zXZ'), 0], foreign('compressed by xz', 'xz -dc')],
  [[...ascii('BZh'), null, ...ascii('1AY&SY')], foreign('compressed by bzip2', 'bzip2 -dc')],
  [[0x04, 0x22, 0x4d, 0x18], foreign('compressed by lz4', 'lz4 -dc')],
  [[...ascii('SQLite format 3'), NUL], { kind: 'foreign', format: SQLITE }],
  [[...ascii('PK'), 3, 4], foreign('a zip archive', 'bsdtar -xOf -')],
  [[0xff, 0xfe, NUL, NUL], utf('UTF-32')],
  [[NUL, NUL, 0xfe, 0xff], utf('UTF-32')],
  [[0xff, 0xfe], utf('UTF-16')],
  [[0xfe, 0xff], utf('UTF-16')],
  // without a byte order mark: no text in UTF-8 has a zero byte among its first
  [[NUL, NUL, NUL, NUL], { kind: 'foreign', format: ZEROS }],
  [[NUL, NUL, NUL, null], utf('UTF-32', 'BE')],
  [[NUL, null], utf('UTF-16', 'BE')],
  [[null, NUL, NUL, NUL], utf('UTF-32', 'LE')],
  [[null, NUL], utf('UTF-16', 'LE')],
];
const RECORD_SEPARATOR = 0x1e;
const JSON_SEQUENCE = foreign('a JSON text sequence (RFC 7464)', "tr -d '\\036'");

/** `isWhole`: no more bytes come. */
export function contentKind(first: Uint8Array, isWhole = false): ContentKind {
  if (first[0] === RECORD_SEPARATOR) return JSON_SEQUENCE;
  for (const [signature, kind] of SIGNATURES) {
    const known = Math.min(first.length, signature.length);
    if (!signature.slice(0, known).every((byte, at) => byte === null || byte === first[at])) continue;
    if (known === signature.length) return kind;
    if (!isWhole) return MORE;
  }
  return PLAIN;
}

/** A format that a command converts: it reads the format on standard input, and writes JSON lines. */
export function converting(name: string, command: string): ForeignFormat {
  return { name, hint: (input) => `convert it: ${commandOn(command, input)} | completengine emit` };
}

function commandOn(command: string, { source, codec }: HintedInput): string {
  return codec === null ? `${command}${redirected(source)}` : `${codec} -dc${redirected(source)} | ${command}`;
}

/** The redirection of a shell from the source; none from `stdin`. */
export function redirected(source: string): string {
  return source === 'stdin' ? '' : ` < ${shellWord(source)}`;
}
