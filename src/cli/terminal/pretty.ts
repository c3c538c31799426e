/** Formats events for people: time, position, key and payload on one escaped line of the terminal's width, with a colour per partition. */

import stringWidth from 'string-width';
import {
  type EventBatch,
  type EventFormat,
  type EventLabels,
  formatTime,
  inPieces,
  type TimeText,
  timeTextIn,
  toEvent,
} from '../../index.ts';
import { chalk, partitionColour } from './colours.ts';
import { cut } from './cut.ts';
import { escapeForTerminal } from './escape.ts';
import { PRETTY } from './output-flags.ts';

/** Truncated to `columns`, or complete if that is undefined. */
export function prettyFormat(columns: number | undefined, timeText: TimeText = formatTime): EventFormat {
  return {
    ...PRETTY,
    layout: null,
    lines: (batch, labels) => inPieces(prettyLines(batch, labels, columns, timeText)),
    inZone: (zone) => prettyFormat(columns, timeTextIn(zone)),
  };
}

function* prettyLines(
  batch: EventBatch,
  labels: EventLabels,
  columns: number | undefined,
  timeText: TimeText,
): Generator<readonly string[], void, undefined> {
  for (let at = 0; at < batch.count; at++) {
    const event = toEvent(batch, at, labels);
    const place = `${escapeForTerminal(event.partition)}/${event.offset}`;
    const key = event.key === null ? '' : ` ${escapeForTerminal(event.key)}`;
    const time = timeText(event.time);
    const head = `${time} ${place}${key} `;
    const payload = escapeForTerminal(event.payload.toString('utf8'));
    const room = columns === undefined ? payload.length : Math.max(columns - stringWidth(head), 20);
    yield [
      `${chalk.dim(time)} ${partitionColour(batch.partition(at))(place)}${chalk.bold(key)} ${cut(payload, room)}\n`,
    ];
  }
}

/** Wraps a format so that its control characters are escaped; a tab between columns moves no cursor but to the right. */
export function escapedFormat(format: EventFormat): EventFormat {
  return {
    ...format,
    begin: format.begin === undefined ? undefined : escapedLines(format.begin),
    *lines(batch, labels) {
      for (const piece of format.lines(batch, labels)) yield Buffer.from(escapedLines(piece.toString('utf8')));
    },
    end: format.end === undefined ? undefined : escapedLines(format.end),
  };
}

function escapedLines(text: string): string {
  return text
    .split(/(\r?\n|\t)/)
    .map((part, at) => (at % 2 === 0 ? escapeForTerminal(part) : part.replace('\r', '')))
    .join('');
}
