/** The format `envelope`: each payload unchanged, inside an object with the facts of its event. */

import { formatTime } from '../model/time/time.ts';
import type { EventFormat } from './event-format.ts';
import { JSON_CELLS } from './json-cells.ts';
import type { RowPart } from './row-layout.ts';
import { rowsOf } from './rows.ts';

const text = (literal: string): RowPart => ({ literal: Buffer.from(literal) });
const fact = (name: 'sequence' | 'partition' | 'offset' | 'time' | 'key'): RowPart => ({ content: { fact: name } });

const parts: readonly RowPart[] = [
  text('{"sequence":'),
  fact('sequence'),
  text(',"partition":'),
  fact('partition'),
  text(',"offset":'),
  fact('offset'),
  text(',"time":'),
  fact('time'),
  text(',"key":'),
  fact('key'),
  text(',"payload":'),
  { content: 'payload' },
  text('}\n'),
];

/** `{"sequence","partition","offset","time","key","payload"}`; the payload is last and unchanged. */
export const envelope: EventFormat = {
  name: 'envelope',
  summary: 'with sequence, partition, offset, time and key',
  layout: { payload: ['payload'], time: ['time'] },
  lines: rowsOf([], { parts, cells: JSON_CELLS, timeText: formatTime }),
};
