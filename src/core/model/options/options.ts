/**
 * Checks the arguments of a public call against a table of its options. Without it, callers without types and options
 * from a file would cause a TypeError deep inside, or be ignored silently. No I/O.
 */

import { LedgerError } from '../ledger-error.ts';
import { describeValue } from './describe-value.ts';
import { nearName } from './near-name.ts';
import type { Kind, OptionTable } from './option-kinds.ts';

/**
 * The options as the call uses them: own enumerable properties only, each read once, in an object without a prototype.
 * Neither later changes by the caller nor a polluted `Object.prototype` count. Undefined values are omitted. `call`:
 * its name in messages.
 * @throws LedgerError INVALID_ARGUMENT naming the option, the expected kind, and for an unknown option the nearest name
 */
export function readOptions<Options extends object>(
  call: string,
  given: unknown,
  table: OptionTable<Options>,
): Options {
  const known = table as Readonly<Record<string, Kind<unknown>>>;
  const options: Record<string, unknown> = Object.create(null);
  if (given !== undefined) {
    const source = checkedObject(call, given, known);
    for (const name of Object.keys(source)) {
      const value = source[name];
      if (value === undefined) continue;
      if (!Object.hasOwn(known, name)) throw unknownOption(call, name, known);
      options[name] = readValue({ call, name: `the option ${name}` }, value, known[name] as Kind<unknown>);
    }
  }
  for (const name of Object.keys(known)) {
    const { isRequired, expected } = known[name] as Kind<unknown>;
    if (isRequired === true && !(name in options))
      throw refusal({ call, name: `the option ${name}` }, 'is missing', expected);
  }
  return options as Options;
}

/** A positional argument. @throws LedgerError INVALID_ARGUMENT */
export function readArgument<Value>(call: string, name: string, value: unknown, kind: Kind<Value>): Value {
  return readValue({ call, name: `the argument ${name}` }, value, kind);
}

interface Place {
  readonly call: string;
  readonly name: string;
}

function readValue<Value>(place: Place, value: unknown, kind: Kind<Value>): Value {
  if (kind.table !== undefined) {
    if (!isObject(value)) throw refusal(place, `is ${describeValue(value)}`, kind.expected);
    if (Object.keys(value).length === 0) throw refusal(place, 'is empty', kind.expected);
    return readOptions(`${place.call}, ${place.name}`, value, kind.table as OptionTable<object>) as Value;
  }
  const read = kind.read(value);
  if (read === undefined) throw refusal(place, `is ${describeValue(value)}`, kind.expected);
  return read;
}

function checkedObject(call: string, given: unknown, known: object): Readonly<Record<string, unknown>> {
  if (!isObject(given))
    throw refusal({ call, name: 'the options argument' }, `is ${describeValue(given)}`, 'an object');
  // a class may keep its hooks on its prototype: they would be ignored silently
  for (let proto = prototypeOf(given); proto !== null && prototypeOf(proto) !== null; proto = prototypeOf(proto)) {
    const inherited = Object.keys(known).find((name) => Object.hasOwn(proto as object, name));
    if (inherited !== undefined)
      throw refusal({ call, name: `the option ${inherited}` }, 'is inherited', 'a property of the object itself');
  }
  return given as Readonly<Record<string, unknown>>;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function prototypeOf(value: object): object | null {
  return Object.getPrototypeOf(value) as object | null;
}

function unknownOption(call: string, name: string, table: Readonly<Record<string, Kind<unknown>>>): LedgerError {
  const known = Object.keys(table);
  const near = known.find((each) => table[each]?.formerly === name) ?? nearName(name, known);
  const shown = describeValue(name);
  return new LedgerError('INVALID_ARGUMENT', {
    message: `${call}: there is no option ${shown}${near === null ? '' : `; the nearest is ${near}`}`,
    hint: near === null ? `the options are ${known.join(', ')}` : `write ${near}`,
    details: { call, option: name, nearest: near },
  });
}

function refusal({ call, name }: Place, fact: string, expected: string): LedgerError {
  return new LedgerError('INVALID_ARGUMENT', {
    message: `${call}: ${name} ${fact}; expected ${expected}`,
    hint: `give ${expected}`,
    details: { call, option: name.replace(/^the (option|argument) /, ''), expected },
  });
}
