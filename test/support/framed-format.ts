/** A format with everything that a format can have: a beginning, an end and a setting. */

import { type EventFormat, inPieces } from '../../src/index.ts';

export const framed: EventFormat = markedWith('');

function markedWith(mark: string): EventFormat {
  return {
    name: 'framed',
    summary: 'sequences between a head and a foot',
    layout: null,
    begin: 'head\n',
    end: 'foot\n',
    lines: (batch) => inPieces(Array.from(batch.sequences, (sequence) => [`${mark}${sequence}\n`])),
    settings: { mark: { summary: 'precedes each sequence', helpValue: 'TEXT' } },
    with: ({ mark: other = '' }) => markedWith(other),
  };
}

/** The document of the sequences `from` to `through`. */
export function framedText(from: number, through: number): string {
  const sequences = Array.from({ length: Math.max(0, through - from + 1) }, (_, at) => `${from + at}\n`);
  return ['head\n', ...sequences, 'foot\n'].join('');
}
