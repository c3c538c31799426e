/**
 * A condition on one field of a payload: `properties.mag>=4.5`. Numbers are compared exactly, as decimals; strings byte
 * by byte. If an object holds a key twice the last one counts, as for JSON.parse and jq. No I/O.
 */

import { FieldKind, type RoutableLine } from '../../scan/scanned-field.ts';
import { LedgerError } from '../ledger-error.ts';
import { asBuffer } from '../text/bytes.ts';
import { compareDecimals, type Decimal, readDecimal } from '../text/decimal.ts';
import { type ElementPath, type FieldPath, formatElementPath, parseElementPath } from '../text/field-path.ts';
import { scalarText } from '../text/scalar-text.ts';
import { checkPattern, compilePattern, type Pattern } from './pattern.ts';

const OPERATORS = ['!=', '<=', '>=', '=', '<', '>', '~*', '~'] as const;
type Operator = (typeof OPERATORS)[number];

const FITTING_ORDERS: Readonly<Record<'<' | '<=' | '>' | '>=', (order: number) => boolean>> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/**
 * Value that a field is compared with. In double quotes it is only a string; unquoted it is also the number, `true`,
 * `false` or `null` that it spells. What is not a JSON number is a string: 01234 is a postal code.
 */
interface Operand {
  readonly text: string;
  readonly bytes: Buffer;
  readonly isQuoted: boolean;
  readonly number: Decimal | null;
}

/** The other side of a comparison by order, which only values of its own kind meet. */
interface OrderedOperand {
  readonly isNumber: boolean;
  /** The condition that compares values of the other kind; null if this value has no form of that kind. */
  readonly otherwise: string | null;
}

/** Whether the nth field of a scanned line, which is the one at the condition's path, meets it. */
export type Holds = (line: RoutableLine, nth: number) => boolean;

export interface Condition {
  readonly path: FieldPath;
  /** The path on from each element of the array at `path`, any of which may meet it; null: the field itself must. */
  readonly each: ElementPath | null;
  /** What `<`, `<=`, `>` and `>=` compare the field with; null for the other operators. */
  readonly ordered: OrderedOperand | null;
  /** The test of the field itself, or of that of one element. @throws LedgerError INVALID_ARGUMENT for an invalid regular expression */
  load(): Promise<Holds>;
}

/** Parses `PATH OPERATOR VALUE`, without blanks around the operator. @throws LedgerError INVALID_ARGUMENT */
export function parseCondition(text: string): Condition {
  const found = findOperator(text);
  if (found === null) throw notACondition(text, 'it has no operator', quoteHint(text));
  const { at, operator } = found;
  const value = text.slice(at + operator.length);
  // a pattern may begin with a blank; any other value that does would never be met, and no word would be said
  if (/\s$/.test(text.slice(0, at)) || (!operator.startsWith('~') && /^\s/.test(value)))
    throw notACondition(text, `there are blanks around '${operator}'`, BLANKS_HINT);
  const whole = parseElementPath(text.slice(0, at));
  if (operator === '~' || operator === '~*') {
    const pattern = { source: value, ignoresCase: operator === '~*' };
    checkPattern(formatElementPath(whole), pattern);
    return { ...whole, ordered: null, load: () => matches(pattern) };
  }
  if (operator === '=' && /^[=~]/.test(value))
    throw notACondition(
      text,
      `'${text.slice(at, at + 2)}' is not an operator; put a value that begins like this in double quotes`,
    );
  const operand = readOperand(text, value);
  const holds = comparison(operator, operand);
  const ordered =
    operator === '=' || operator === '!='
      ? null
      : orderedOperand(text.slice(0, value === '' ? undefined : -value.length), operand);
  return { ...whole, ordered, load: async () => holds };
}

function comparison(operator: Exclude<Operator, '~' | '~*'>, operand: Operand): Holds {
  if (operator === '=') return (line, nth) => isEqual(line, nth, operand);
  if (operator === '!=') return (line, nth) => !isEqual(line, nth, operand);
  return compares(operand, FITTING_ORDERS[operator]);
}

function orderedOperand(start: string, { number, text }: Operand): OrderedOperand {
  if (number !== null) return { isNumber: true, otherwise: `${start}${JSON.stringify(text)}` };
  return { isNumber: false, otherwise: readDecimal(text) === null ? null : `${start}${text}` };
}

/** Position of the first operator outside of quotes; of two that begin there, the longer one. */
function findOperator(text: string): { at: number; operator: Operator } | null {
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') isQuoted = !isQuoted;
    else if (isQuoted && text[at] === '\\') at++;
    if (isQuoted) continue;
    const operator = OPERATORS.find((candidate) => text.startsWith(candidate, at));
    if (operator !== undefined) return { at, operator };
  }
  return null;
}

function readOperand(text: string, value: string): Operand {
  const isQuoted = value.startsWith('"');
  const plain = isQuoted ? unquoted(text, value) : value;
  return { text: plain, bytes: Buffer.from(plain, 'utf8'), isQuoted, number: isQuoted ? null : readDecimal(value) };
}

function unquoted(text: string, value: string): string {
  try {
    const read: unknown = JSON.parse(value);
    if (typeof read === 'string') return read;
  } catch {
    // reported below
  }
  throw notACondition(text, 'a quote is not closed');
}

function isEqual(line: RoutableLine, nth: number, operand: Operand): boolean {
  const kind = line.kind(nth);
  if (isNumber(kind)) {
    const number = numberOf(line, nth);
    return operand.number !== null && number !== null && compareDecimals(number, operand.number) === 0;
  }
  if (kind === FieldKind.NULL) return !operand.isQuoted && operand.text === 'null';
  const isText = kind === FieldKind.STRING || kind === FieldKind.ESCAPED_STRING;
  return (isText || !operand.isQuoted) && textOf(line, nth) === operand.text;
}

/** Compares numbers with numbers, strings with strings; values of different kinds are neither smaller nor greater. */
function compares(operand: Operand, fits: (order: number) => boolean): Holds {
  const { number, bytes } = operand;
  return (line, nth) => {
    const kind = line.kind(nth);
    if (isNumber(kind)) {
      const own = number === null ? null : numberOf(line, nth);
      return own !== null && number !== null && fits(compareDecimals(own, number));
    }
    if (number !== null || (kind !== FieldKind.STRING && kind !== FieldKind.ESCAPED_STRING)) return false;
    return fits(Buffer.compare(Buffer.from(textOf(line, nth) ?? '', 'utf8'), bytes));
  };
}

async function matches(pattern: Pattern): Promise<Holds> {
  const test = await compilePattern(pattern);
  return (line, nth) => {
    const own = isNumber(line.kind(nth)) ? written(line, nth) : textOf(line, nth);
    return own !== null && test(own);
  };
}

function isNumber(kind: FieldKind): boolean {
  return kind === FieldKind.INTEGER || kind === FieldKind.DECIMAL;
}

function written(line: RoutableLine, nth: number): string {
  return asBuffer(line.bytes).toString('latin1', line.start(nth), line.end(nth));
}

function numberOf(line: RoutableLine, nth: number): Decimal | null {
  return readDecimal(written(line, nth));
}

function textOf(line: RoutableLine, nth: number): string | null {
  return scalarText(asBuffer(line.bytes), line.kind(nth), line.start(nth), line.end(nth));
}

const FORM_HINT = 'write PATH=VALUE, or one of != < <= > >= ~ ~* instead of =: properties.mag>=4.5';
const BLANKS_HINT =
  'leave them out: properties.mag>=4.5; a second condition has a `where` of its own; a value that begins with a blank is in double quotes';

/** An unquoted `<` or `>` has gone to the shell, and what is left is a path. */
function quoteHint(text: string): string {
  const path = /^[\w.]{1,80}$/.test(text) ? text : 'properties.mag';
  return `quote it for the shell, which takes < and > for redirections: \`where\` '${path}>=4.5'; or ${FORM_HINT}`;
}

function notACondition(text: string, fact: string, hint = FORM_HINT): LedgerError {
  return new LedgerError('INVALID_ARGUMENT', {
    message: `'${text.slice(0, 80)}' is not a condition: ${fact}`,
    hint,
    details: { condition: text },
  });
}
