/** Generates streams of JSON lines that need no storage: each line is a function of the seed and its number. */

import { Seeded } from './seeded.ts';

export interface GeneratedEvents {
  readonly name: string;
  readonly seed: number;
  /** Number of lines. */
  readonly count: number;
  /** Maximum length of a line, in units of about three bytes. */
  readonly piecesMax?: number;
}

const PIECES = ['cod', 'a b', '\\u00e4', 'ä', '海', '🐟', '\\"', '\\\\', '\\n', '\\t', '],[', '},{', '\\ud83d\\udc1f'];

/** The lines of a stream that were asked for: a test feeds them, and compares them with what is stored. */
const generated = new WeakMap<GeneratedEvents, string[]>();

/** The nth line, from 1, without its newline. Contains characters that could confuse a line splitter. */
export function streamLine(stream: GeneratedEvents, n: number): string {
  const lines = generated.get(stream) ?? [];
  if (lines.length === 0) generated.set(stream, lines);
  lines[n] ??= generateLine(stream, n);
  return lines[n];
}

function generateLine(stream: GeneratedEvents, n: number): string {
  const random = new Seeded(stream.seed).fork(n);
  let text = '';
  for (let left = random.between(0, stream.piecesMax ?? 60); left > 0; left--) text += random.pick(PIECES);
  return `{"id":"${stream.name}-${n}","tenant":"t${random.between(0, 30)}","n":${n}, "text":"${text}"}`;
}

/** Lines `from` to `through`, both included, each with its newline. */
export function streamText(stream: GeneratedEvents, from = 1, through = stream.count): string {
  let text = '';
  for (let n = from; n <= through; n++) text += `${streamLine(stream, n)}\n`;
  return text;
}
