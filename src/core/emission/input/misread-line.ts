/** Recognises by its first line what an input is, where that line is no JSON line: values of a table, JSON in another layout, text, bytes. Pure. */

import { converting, type ForeignFormat, type HintedInput, redirected } from '../../model/content-kind.ts';
import type { LedgerWarning } from '../../model/warning.ts';
import { LineFault } from '../../scan/line-fault.ts';

/** What a first line shows. `name`: null if nothing but the fault is certain. */
export interface Misread {
  readonly name: string | null;
  /** What to do with this input. */
  readonly hint: (input: HintedInput) => string;
}

/** Faults of a line that is not JSON. */
const NOT_JSON: readonly LineFault[] = [
  LineFault.UNEXPECTED_BYTE,
  LineFault.UNEXPECTED_END,
  LineFault.CONTROL_IN_STRING,
  LineFault.BAD_NUMBER,
  LineFault.BAD_UTF8,
];
/** A header, or a row without one, is not longer. */
const ROW_CHARACTERS_MAX = 64 * 1024;

const LINES_WITH_COMMAS = converting('lines that end with a comma', "sed 's/,[[:space:]]*$//'");
const SEVERAL_VALUES = converting('several JSON values in a line', 'jq -c .');
const ARRAY_OVER_LINES = converting('an array over lines', "jq -c '.[]'");
const OVER_LINES = converting('JSON over several lines', 'jq -c .');
/** An array of objects whose elements are meant as the events. */
export const ARRAY_IN_A_LINE = converting('an array of objects', "jq -c '.[]'");

const BINARY: Misread = { name: 'binary data', hint: () => 'give JSON lines; gzip and zstd are read as they are' };
const NOT_UTF8: Misread = {
  name: 'binary data, or text that is not in UTF-8',
  hint: () => 'give JSON lines in UTF-8; iconv -f ENCODING -t UTF-8 converts text',
};
const TEXT: Misread = {
  name: null,
  hint: ({ source }) =>
    `give JSON lines; lines of text become events with: completengine emit --text${redirected(source)}`,
};

/** `fault` is at byte `byte` of the first line, 1-based. Null if the line is one of JSON, with a fault. */
export function misreadLine(line: Buffer, byte: number, fault: LineFault): Misread | null {
  if (!NOT_JSON.includes(fault)) return null;
  const text = line.toString('utf8').trim();
  if (/^[{[]/.test(text)) return misreadJson(text, line, byte, fault);
  const table = text.length <= ROW_CHARACTERS_MAX ? tableOf(text) : null;
  if (table !== null) return table;
  if (text.startsWith('"')) return null;
  // no text has these; tabs, line ends and the escape of colours it may have
  // biome-ignore lint/suspicious/noControlCharactersInRegex: searches for control characters
  if (/[\0-\x07\x0e-\x1a\x1c-\x1f]/.test(text)) return BINARY;
  return text.includes('\ufffd') ? NOT_UTF8 : TEXT;
}

function misreadJson(text: string, line: Buffer, byte: number, fault: LineFault): Misread | null {
  if (fault === LineFault.UNEXPECTED_END) {
    const isArray = text === '[' || (text.startsWith('[') && text.endsWith(','));
    return isArray ? ARRAY_OVER_LINES : OVER_LINES;
  }
  if (fault !== LineFault.UNEXPECTED_BYTE) return null;
  const rest = line
    .subarray(byte - 1)
    .toString('utf8')
    .trim();
  if (!/^(?:[{[]|,$)/.test(rest) || !isJson(line.subarray(0, byte - 1))) return null;
  return rest === ',' ? LINES_WITH_COMMAS : SEVERAL_VALUES;
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

const SEPARATORS: readonly (readonly [separator: string, name: string, flags: string])[] = [
  ['\t', 'tab-separated values', '--itsv'],
  [',', 'comma-separated values', '--icsv'],
  [';', 'values separated by semicolons', "--icsv --ifs ';'"],
];
const NUMBER_OR_DATE = /^(?:-?\d+(?:\.\d+)?|\d{4}-\d\d-\d\d(?:[T ][\d:.Z+-]+)?)$/;

/** A line of at least two values, each of which looks like a name, or like a value in a table without a header. */
function tableOf(text: string): ForeignFormat | null {
  // Name of a column. A line of a log has other characters, or blanks after its commas. Made here: classes of Unicode are 0.3 ms of each command's start
  const nameOfColumn = /^(?:"(?:[^"]|"")*"|[\p{L}_#@$][^"{}[\]:=<>]{0,60})$/u;
  for (const [separator, name, flags] of SEPARATORS) {
    const values = splitValues(text, separator);
    if (values.length < 2 || values.some((value) => value !== value.trim())) continue;
    const command = (header: string) => `mlr ${flags}${header} --ojsonl cat`;
    if (values.every((value) => nameOfColumn.test(value))) return converting(name, command(''));
    if (values.every((value) => nameOfColumn.test(value) || NUMBER_OR_DATE.test(value)))
      return converting(`${name} without a header`, command(' --implicit-csv-header'));
  }
  return null;
}

/** The values of a row; separators in double quotes do not count. */
function splitValues(text: string, separator: string): string[] {
  const values: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') isQuoted = !isQuoted;
    else if (text[at] === separator && !isQuoted) {
      values.push(text.slice(start, at));
      start = at + 1;
    }
  }
  values.push(text.slice(start));
  return values;
}

const FIRST_BYTES = 256;
const OPEN_BRACE = 0x7b;

/** Whether a line begins with an array whose first element is an object. */
export function beginsArrayOfObjects(line: Uint8Array): boolean {
  if (line[0] === OPEN_BRACE) return false;
  return /^[^\S\n]*\[[^\S\n]*\{/.test(
    Buffer.from(line.buffer, line.byteOffset, Math.min(line.length, FIRST_BYTES)).toString('latin1'),
  );
}

/** An array of objects that is stored as one event. */
export function arrayWarning(input: HintedInput): LedgerWarning {
  return {
    code: 'ARRAY_EVENT',
    message: `${input.source}: line 1 is an array of objects, and is stored as one event`,
    hint: `if its elements are the events, ${ARRAY_IN_A_LINE.hint(input)}`,
  };
}
