/** Events for people: time, place, key and payload on one line of the terminal's width, a colour per partition, nothing raw. */

import chalk from 'chalk';
import stringWidth from 'string-width';
import { type EventBatch, type EventForm, type EventLabels, formatTime, inPieces, toEvent } from '../index.ts';
import { escapeForTerminal } from './escape.ts';

// no-color.org: set and not empty; chalk looks at other variables alone
if (process.env['NO_COLOR']) chalk.level = 0;

const COLOURS = [chalk.cyan, chalk.green, chalk.magenta, chalk.yellow, chalk.blue, chalk.red];

/** Cut to `columns`; whole where they are undefined. */
export function prettyForm(columns: number | undefined): EventForm {
  return (batch, labels) => inPieces(prettyLines(batch, labels, columns));
}

function* prettyLines(batch: EventBatch, labels: EventLabels, columns: number | undefined): Generator<readonly Buffer[], void, undefined> {
  for (let at = 0; at < batch.count; at++) {
    const event = toEvent(batch, at, labels);
    const colour = COLOURS[batch.partition(at) % COLOURS.length] ?? chalk.reset;
    const place = `${event.partition}/${event.offset}`;
    const key = event.key === null ? '' : ` ${escapeForTerminal(event.key)}`;
    const head = `${formatTime(event.time)} ${place}${key} `;
    const payload = escapeForTerminal(event.payload.toString('utf8'));
    const room = columns === undefined ? payload.length : Math.max(columns - stringWidth(head), 20);
    yield [Buffer.from(`${chalk.dim(formatTime(event.time))} ${colour(place)}${chalk.bold(key)} ${cut(payload, room)}\n`)];
  }
}

/** Another form with its control characters shown as codes. */
export function escapedForm(form: EventForm): EventForm {
  return function* escaped(batch, labels) {
    for (const piece of form(batch, labels)) {
      const lines = piece.toString('utf8').split('\n');
      yield Buffer.from(lines.map((line) => escapeForTerminal(line)).join('\n'));
    }
  };
}

/** Cuts to a width in columns, not characters: a wide one counts two. */
function cut(text: string, columns: number): string {
  // no character is wider than two columns, so what is beyond the room for sure is not measured
  const near = text.slice(0, columns * 2);
  if (stringWidth(near) <= columns && near.length === text.length) return text;
  let end = 0;
  let width = 0;
  for (const character of near) {
    width += stringWidth(character);
    if (width > columns - 1) break;
    end += character.length;
  }
  return `${near.slice(0, end)}…`;
}
