/** Streams of JSON lines that need not be kept: each line follows from the stream's seed and its number. */

import { Seeded } from './seeded.ts';

export interface GeneratedEvents {
  readonly name: string;
  readonly seed: number;
  /** How many lines it has. */
  readonly count: number;
  /** How long its lines may get, in pieces of about three bytes. */
  readonly piecesMax?: number;
}

const PIECES = ['cod', 'a b', '\\u00e4', 'ä', '海', '🐟', '\\"', '\\\\', '\\n', '\\t', '],[', '},{', '\\ud83d\\udc1f'];

/** The nth line, from 1, without its end. With what could confuse whoever takes lines apart. */
export function streamLine(stream: GeneratedEvents, n: number): string {
  const random = new Seeded(stream.seed).fork(n);
  let text = '';
  for (let left = random.between(0, stream.piecesMax ?? 60); left > 0; left--) text += random.pick(PIECES);
  return `{"id":"${stream.name}-${n}","tenant":"t${random.between(0, 30)}","n":${n}, "text":"${text}"}`;
}

/** Lines `from` to `through`, both included, each with its end. */
export function streamText(stream: GeneratedEvents, from = 1, through = stream.count): string {
  let text = '';
  for (let n = from; n <= through; n++) text += `${streamLine(stream, n)}\n`;
  return text;
}
