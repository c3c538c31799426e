/** Formats events for people: time, position, key and payload on one escaped line of the terminal's width, with a colour per partition. */

import stringWidth from 'string-width';
import { type EventBatch, type EventForm, type EventLabels, formatTime, inPieces, toEvent } from '../../index.ts';
import { chalk, partitionColour } from './colours.ts';
import { cut } from './cut.ts';
import { escapeForTerminal } from './escape.ts';

/** Truncated to `columns`, or complete if that is undefined. */
export function prettyForm(columns: number | undefined): EventForm {
  return (batch, labels) => inPieces(prettyLines(batch, labels, columns));
}

function* prettyLines(
  batch: EventBatch,
  labels: EventLabels,
  columns: number | undefined,
): Generator<readonly string[], void, undefined> {
  for (let at = 0; at < batch.count; at++) {
    const event = toEvent(batch, at, labels);
    const place = `${escapeForTerminal(event.partition)}/${event.offset}`;
    const key = event.key === null ? '' : ` ${escapeForTerminal(event.key)}`;
    const head = `${formatTime(event.time)} ${place}${key} `;
    const payload = escapeForTerminal(event.payload.toString('utf8'));
    const room = columns === undefined ? payload.length : Math.max(columns - stringWidth(head), 20);
    yield [
      `${chalk.dim(formatTime(event.time))} ${partitionColour(batch.partition(at))(place)}${chalk.bold(key)} ${cut(payload, room)}\n`,
    ];
  }
}

/** Wraps a form so that its control characters are escaped. */
export function escapedForm(form: EventForm): EventForm {
  return function* escaped(batch, labels) {
    for (const piece of form(batch, labels)) {
      const lines = piece.toString('utf8').split('\n');
      yield Buffer.from(lines.map((line) => escapeForTerminal(line)).join('\n'));
    }
  };
}
