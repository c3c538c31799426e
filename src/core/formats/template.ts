/**
 * The format `template`: a text of the user with tokens for the facts of an event, as kcat and rpk have them. Values are
 * written as they are: nothing in a payload or a key is interpreted.
 */

import { inOption, invalidArgument } from '../model/ledger-error.ts';
import { formatTime } from '../model/time/time.ts';
import { type TimeText, timeTextIn } from '../model/time/zoned-time-text.ts';
import { type CellStyle, CellStyleNumber } from './cell.ts';
import { ColumnPlanner } from './columns.ts';
import { type ConfigurableFormat, type EventFormat, readSettings } from './event-format.ts';
import type { RowNumber, RowPart } from './row-layout.ts';
import { rowsOf } from './rows.ts';

/** Tokens that stand for a column. */
const COLUMNS: Readonly<Record<string, string>> = {
  s: 'sequence',
  p: 'partition',
  o: 'offset',
  t: 'time',
  k: 'key',
  v: 'payload',
};

/** Tokens that stand for a number. */
const NUMBERS: Readonly<Record<string, RowNumber>> = { T: 'epochMs', K: 'keyBytes', V: 'payloadBytes' };

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\', '0': '\0' };

const RAW: CellStyle = {
  number: CellStyleNumber.RAW,
  nothing: '',
  text: (text, out) => out.text(text),
  plain: (bytes, start, end, out) => out.bytes(bytes, start, end),
  json: (bytes, start, end, out) => out.bytes(bytes, start, end),
};

const SETTINGS = {
  format: {
    summary:
      "%s sequence, %p partition, %o offset, %t time, %k key, %v payload, %{FIELD}; %% and \\n: '%s %k %v\\n'. More in docs/COMMANDS.md",
    helpValue: 'TEMPLATE',
    isRequired: true,
  },
};

export const template: ConfigurableFormat<'format'> = {
  name: 'template',
  summary: 'see --format',
  layout: null,
  lines: () => [],
  lacks: 'format',
  settings: SETTINGS,
  with: (given) => {
    const { format = '' } = readSettings('template', given, SETTINGS);
    return fromParts(
      inOption('format', () => parseTemplate(format)),
      formatTime,
    );
  },
};

interface Template {
  readonly parts: readonly RowPart[];
  readonly planner: ColumnPlanner;
}

function fromParts({ parts, planner }: Template, timeText: TimeText): EventFormat {
  return {
    ...template,
    lacks: undefined,
    paths: planner.paths,
    lines: rowsOf(planner.paths, { parts, cells: RAW, timeText }),
    inZone: (zone) => fromParts({ parts, planner }, timeTextIn(zone)),
  };
}

// a token, an escape, or the text before either
const PIECE = /%(?:\{((?:"(?:[^"\\]|\\.)*"|[^"}])*)\}|(.)?)|\\(?:x([0-9a-fA-F]{2})|(.)?)|[^%\\]+/gsu;

/** Of a template, in a message. */
const SHOWN_CHARACTERS = 40;

/** @throws LedgerError INVALID_ARGUMENT */
function parseTemplate(text: string): Template {
  const planner = new ColumnPlanner();
  if (text === '') throw refusal('the template is empty');
  const parts = Array.from(
    text.matchAll(PIECE),
    ({ 0: whole, 1: field, 2: token, 3: hex, 4: escaped, index }): RowPart => {
      if (field !== undefined) return planner.column(field);
      if (hex !== undefined) return { literal: Buffer.from(hex, 'hex') };
      if (token === '{') throw refusal(`${text.slice(index, index + SHOWN_CHARACTERS)} has no closing }`);
      if (whole.startsWith('%')) return tokenPart(token ?? '', planner);
      if (!whole.startsWith('\\')) return { literal: Buffer.from(whole) };
      const character = ESCAPES[escaped ?? ''];
      if (character === undefined) throw refusal(`there is no escape \\${escaped ?? ''}`);
      return { literal: Buffer.from(character) };
    },
  );
  return { parts, planner };
}

function tokenPart(token: string, planner: ColumnPlanner): RowPart {
  if (token === '%') return { literal: Buffer.from('%') };
  const column = Object.hasOwn(COLUMNS, token) ? COLUMNS[token] : undefined;
  if (column !== undefined) return planner.column(column);
  const number = Object.hasOwn(NUMBERS, token) ? NUMBERS[token] : undefined;
  if (number === undefined) throw refusal(`there is no token %${token}`);
  return { number };
}

function refusal(fact: string) {
  return invalidArgument(
    `\`format\`: ${fact}`,
    String.raw`use %s %p %o %t %k %v %{FIELD}, %% and \n, such as '%s %k %v\n'`,
  );
}
