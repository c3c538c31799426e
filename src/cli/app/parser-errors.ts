/** Translates the errors of oclif's argument parser, which names flags without hyphens, spans lines and has no next step. */

import { stripVTControlCharacters } from 'node:util';
import { LedgerError, nearName, shellFlag, shellWord } from '../../index.ts';
import { commandSaidOtherwise, pairSaidOtherwise } from './said-otherwise.ts';
import { UsageError } from './usage-error.ts';

/** A flag as a command declares it. */
interface FlagFacts {
  readonly char?: string | undefined;
  readonly type: 'boolean' | 'option';
  readonly options?: readonly string[] | undefined;
  readonly helpValue?: string | readonly string[] | undefined;
}

interface ArgFacts {
  readonly description?: string | undefined;
  readonly required?: boolean | undefined;
}

/** The command that refused its arguments. */
export interface CommandFacts {
  /** As typed: `partition add`. */
  readonly verb: string;
  readonly flags: Readonly<Record<string, FlagFacts>>;
  readonly args: Readonly<Record<string, ArgFacts>>;
  /** Verbs that begin with this one. */
  readonly below: readonly string[];
}

/** What the parser adds to some errors. */
type ParserError = Error & { readonly flags?: unknown; readonly args?: unknown };

/** Text around the messages of the parser. */
const FRAME = /^(?:The following errors? occurred:\s*)?([\s\S]*?)(?:\nSee more help with --help)?$/;
/** A flag whose own reader has refused the value. */
const REFUSED_VALUE = /^Parsing --([\w-]+) \n\t([\s\S]*)$/;

/** By message, because the parser has only that. Every row is tested against the pinned version of oclif. */
const MESSAGES: readonly [RegExp, (command: CommandFacts, ...values: string[]) => UsageError][] = [
  [/^Flag --([\w-]+) expects (?:a value|one of these values: .*)$/s, valueMissing],
  [/^Flag --([\w-]+) can only be specified once$/, givenTwice],
  [/^Expected --([\w-]+)=([\s\S]*) to be one of: [^\n]*$/, noneOf],
  [/^Expected ([\s\S]*) to be one of: ([^\n]*)$/, argumentNoneOf],
  [/^Missing required flag ([\w-]+)$/, flagMissing],
  [/^--([\w-]+)=[\s\S]* cannot also be provided when using --([\w-]+)$/, exclusive],
  [/^--([\w-]+) cannot also be provided when using --([\w-]+)$/, exclusive],
  [/^All of the following must be provided when using --([\w-]+): --([\w-]+)/, dependent],
];

/** Other errors are returned as they are. */
export function explainParserError(error: Error, command: CommandFacts): Error {
  if (error instanceof UsageError) return error;
  const message = FRAME.exec(stripVTControlCharacters(error.message))?.[1]?.trim() ?? error.message;
  const [, flag, reason] = REFUSED_VALUE.exec(message) ?? [];
  if (flag !== undefined && reason !== undefined) return refusedValue(error, command, flag, reason);
  const { flags, args } = error as ParserError;
  if (Array.isArray(flags)) return unknownFlags(command, flags as string[]);
  if (Array.isArray(args)) return wrongArguments(command, args as readonly (string | NamedArg)[]);
  // of several errors the first: the next run shows the others
  const first = message.startsWith('Flag') || message.startsWith('Expected') ? message : (message.split('\n')[0] ?? '');
  for (const [pattern, explain] of MESSAGES) {
    const match = pattern.exec(first.trim());
    if (match !== null) return explain(command, ...match.slice(1));
  }
  return error;
}

/** Refuses `--follow=yes`: the parser would take `yes` as an argument. @throws UsageError */
export function refuseValuesOfSwitches(argv: readonly string[], command: CommandFacts): void {
  for (const word of argv) {
    if (word === '--') return;
    if (!word.includes('=')) continue;
    const [, hyphens, typed, value] = /^(--?)([\w-]+?)=([\s\S]*)$/.exec(word) ?? [];
    const [name, facts] =
      Object.entries(command.flags).find(([long, { char }]) => typed === (hyphens === '--' ? long : char)) ?? [];
    if (facts?.type === 'boolean') throw new UsageError(`--${name} takes no value, and got '${value}'`, `--${name}`);
  }
}

type NamedArg = ArgFacts & { readonly name: string };

function unknownFlags(command: CommandFacts, flags: readonly string[]): UsageError {
  const names = flags.map((flag) => flag.replace(/=[\s\S]*$/, ''));
  const known = Object.keys(command.flags);
  const [first = ''] = names;
  const near = first.startsWith('--') ? nearName(first.slice(2), known) : sameLetter(first.slice(1), command);
  return new UsageError(
    `${command.verb} has no flag ${names.join(', ')}`,
    near === null ? helpOf(command) : `--${near}, or ${helpOf(command)}`,
  );
}

/** `-F` for `-f`. */
function sameLetter(letter: string, { flags }: CommandFacts): string | null {
  const found = Object.entries(flags).find(([, { char }]) => char?.toLowerCase() === letter.toLowerCase());
  return found?.[0] ?? null;
}

/** Surplus arguments are texts, missing ones are declarations. */
function wrongArguments(command: CommandFacts, args: readonly (string | NamedArg)[]): UsageError {
  const [first] = args;
  if (typeof first === 'string') return surplusArgument(command, first);
  const missing = args as readonly NamedArg[];
  const shown = missing.map(({ name, description }) =>
    description === undefined ? name.toUpperCase() : `${name.toUpperCase()} (${description})`,
  );
  const usage = Object.entries(command.args).map(([name, { required }]) =>
    required === true ? name.toUpperCase() : `[${name.toUpperCase()}]`,
  );
  return new UsageError(
    `${command.verb} needs ${shown.join(' and ')}`,
    `completengine ${[command.verb, ...usage].join(' ')}`,
  );
}

function surplusArgument(command: CommandFacts, word: string): UsageError {
  const most = Object.keys(command.args).length;
  if (command.below.length > 0 && most === 0) return unknownVerb(`${command.verb} ${word}`, command.below, command);
  const limit =
    most === 0 ? 'no argument, and got' : `${most === 1 ? 'one argument' : `${most} arguments`}, and got also`;
  const isLedger = most === 0 && 'ledger' in command.flags && /\.codex$|^nats:\/\//.test(word);
  return new UsageError(
    `${command.verb} takes ${limit} '${word}'`,
    isLedger ? `completengine ${command.verb} ${shellFlag('ledger', word)}` : helpOf(command),
  );
}

/** `verbs`: those that exist. `command`: whose help to offer. */
export function unknownVerb(typed: string, verbs: readonly string[], command?: CommandFacts): UsageError {
  if (verbs.includes(typed))
    return new UsageError(
      `'${typed}' is written without flags in between`,
      `completengine ${typed}, and the flags behind it`,
    );
  const near = commandSaidOtherwise(typed) ?? nearVerb(typed, verbs) ?? showOf(typed, verbs) ?? command?.verb ?? null;
  const help = command === undefined ? 'completengine --help' : helpOf(command);
  return new UsageError(`there is no command '${typed}'`, near === null ? help : `completengine ${near}, or ${help}`);
}

/** Behind a topic only its second word is compared: `group list` is as long as `group reset`, and says something else. */
function nearVerb(typed: string, verbs: readonly string[]): string | null {
  const [topic = '', ...rest] = typed.split(' ');
  const below = verbs.filter((verb) => verb.startsWith(`${topic} `)).map((verb) => verb.slice(topic.length + 1));
  if (rest.length === 0 || below.length === 0) return nearName(typed, verbs);
  const near = nearName(rest.join(' '), below);
  return near === null ? null : `${topic} ${near}`;
}

/** `group mailer` names what `group show mailer` shows; null for a topic that shows nothing by name. */
function showOf(typed: string, verbs: readonly string[]): string | null {
  const [topic = '', ...rest] = typed.split(' ');
  return rest.length > 0 && verbs.includes(`${topic} show`) ? `${topic} show ${shellWord(rest.join(' '))}` : null;
}

function refusedValue(error: Error, command: CommandFacts, flag: string, reason: string): Error {
  if (error instanceof LedgerError) {
    const { code, hint, details, cause } = error;
    return new LedgerError(code, { message: `--${flag}: ${reason}`, hint, details, cause });
  }
  const [, least, given] =
    /^Expected an integer(?: (greater.*|less.*) but| but) received: ([\s\S]*)$/.exec(reason) ?? [];
  if (given === undefined) return new UsageError(`--${flag}: ${reason}`, helpOf(command));
  const bound = least?.replace('greater than or equal to', 'from').replace('less than or equal to', 'up to') ?? '';
  return new UsageError(`--${flag}: '${given}' is not a whole number ${bound}`.trimEnd(), withValue(command, flag));
}

function valueMissing(command: CommandFacts, flag: string): UsageError {
  const { options } = command.flags[flag] ?? {};
  return new UsageError(
    `--${flag} needs a value${options === undefined ? '' : `: ${orList(options)}`}`,
    withValue(command, flag),
  );
}

function givenTwice(_command: CommandFacts, flag: string): UsageError {
  return new UsageError(`--${flag} is given twice`, `give --${flag} once`);
}

function noneOf(command: CommandFacts, flag: string, value: string): UsageError {
  const options = command.flags[flag]?.options ?? [];
  // in many programs -o takes a file
  const redirection = flag === 'output' && /[./]/.test(value) ? `to write into a file: > ${shellWord(value)}` : null;
  return new UsageError(
    `--${flag}: '${value}' is not ${orList(options)}`,
    redirection ?? `--${flag} ${nearName(value, options) ?? options[0] ?? 'VALUE'}, or ${helpOf(command)}`,
  );
}

function argumentNoneOf(command: CommandFacts, value: string, listed: string): UsageError {
  const options = listed.split(', ');
  return new UsageError(
    `'${value}' is not ${orList(options)}`,
    `completengine ${command.verb} ${nearName(value, options) ?? options[0] ?? ''}`.trimEnd(),
  );
}

function flagMissing(command: CommandFacts, flag: string): UsageError {
  return new UsageError(`${command.verb} needs --${flag}`, `completengine ${command.verb} ${withValue(command, flag)}`);
}

function exclusive({ verb }: CommandFacts, one: string, other: string): UsageError {
  return new UsageError(
    `--${one} cannot be combined with --${other}`,
    pairSaidOtherwise(verb, one, other) ?? `give --${one} or --${other}, not both`,
  );
}

function dependent(command: CommandFacts, flag: string, needed: string): UsageError {
  return new UsageError(`--${flag} needs --${needed}`, `add ${withValue(command, needed)}, or drop --${flag}`);
}

/** `--every DURATION`; for fixed values the first. */
function withValue({ flags }: CommandFacts, name: string): string {
  const { type, options, helpValue } = flags[name] ?? {};
  if (type !== 'option') return `--${name}`;
  return `--${name} ${options?.[0] ?? [helpValue ?? 'VALUE'].flat()[0]}`;
}

function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function helpOf({ verb }: CommandFacts): string {
  return `completengine ${verb} --help`;
}
