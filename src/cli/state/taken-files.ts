/**
 * Refuses outputs and standard error that are also an input, part of a ledger or another database, outputs that two flags share, and ledgers as inputs.
 * Text written into a database destroys it, and an output that is also the input never ends. Files of the command's ledgers are only examined by stat:
 * opening one drops SQLite's locks in this process.
 */

import { fstatSync, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { LedgerError, schemeOf } from '../../index.ts';
import { isDatabase } from './is-database.ts';

/** A file by its path, or by its descriptor. */
type FilePlace = string | number;

export interface NamedFile {
  /** Name in messages. */
  readonly name: string;
  readonly place: FilePlace;
  /** What to give instead. */
  readonly hint?: string | undefined;
}

export interface FilesOfCommand {
  /** Paths of ledgers that the command reads or writes. */
  readonly ledgers?: readonly string[];
  readonly inputs?: readonly NamedFile[];
  /** Paths by flag; `into` is a ledger; undefined if the flag is not given. Standard output and standard error are always included. */
  readonly outputs?: Readonly<Record<string, string | undefined>>;
}

const STDOUT = { name: 'standard output', place: 1 } as const;
const STDERR = { name: 'standard error', place: 2 } as const;
/** A standard stream for output, by its descriptor. */
type OutputStream = (typeof STDOUT | typeof STDERR)['place'];
/** Files that SQLite keeps beside a database. */
const COMPANIONS = ['-wal', '-shm', '-journal'];
const LINKS_MAX = 40;
const LINES_HINT = 'give files of JSON lines; to read a ledger: completengine replay';
const HYPHEN = 'give a file name; a file called - is ./-';
const HYPHEN_OF_LINES = `${HYPHEN}, and standard error is /dev/stderr`;

/** The ledgers that were examined last. */
let examined: readonly string[] = [];

/** Refuses the standard streams of a command whose ledger was not examined by {@link refuseTakenFiles}. @throws LedgerError INVALID_ARGUMENT */
export function refuseTakenStreams(ledger: string): void {
  if (!examined.includes(ledger)) refuseTakenFiles({ ledgers: [ledger] });
}

/** To be called before any file is opened, by each command at its beginning. @throws LedgerError INVALID_ARGUMENT */
export function refuseTakenFiles({ ledgers = [], inputs = [], outputs = {} }: FilesOfCommand): void {
  examined = [];
  const keys = new Keys();
  const taken = new Map<string, string>();
  const take = (place: FilePlace, fact: string): void => {
    const key = keys.of(place);
    if (key !== null) taken.set(key, fact);
  };
  const factOf = (place: FilePlace): string | undefined => taken.get(keys.of(place) ?? '');
  const given = [...inputs, STDOUT, STDERR, ...Object.values(outputs).map((place) => ({ place }))];
  // pipes, terminals and /dev/null are no ledger's file: then those of the ledger need not be looked at, 0.5 ms of a start
  const isPossible = given.filter(({ place }) => place !== undefined && keys.of(place) !== null).length > 0;
  const includesMissing = keys.hasMissing;
  if (isPossible)
    for (const ledger of ledgers.filter(isFile))
      for (const [place, fact] of filesOfLedger(ledger, includesMissing)) take(place, fact);
  // closing the input would drop SQLite's locks, and another process could write in between
  for (const { name, place, hint = LINES_HINT } of inputs) {
    const fact = factOf(place);
    if (fact !== undefined) throw refusal(`the input ${name} ${fact}`, hint);
  }
  for (const { name, place } of inputs) take(place, `is an input: ${name}`);
  for (const { place } of [STDOUT, STDERR, ...filesOf({ ...outputs, into: undefined })])
    if (keys.of(place) !== null && factOf(place) === undefined && isDatabase(place))
      take(place, 'is a database of SQLite, which text would destroy');
  const streams = [STDOUT, STDERR].filter(({ place }) => factOf(place) !== undefined);
  const [stream] = streams;
  if (stream !== undefined)
    throw refusal(`${stream.name} ${factOf(stream.place)}`, 'send the output to another file', {
      takenStreams: streams.map(({ place }) => place),
    });
  // standard error may share the file of any output: its lines are appended
  for (const { name, place } of [STDOUT, ...filesOf(outputs)]) {
    const key = keys.of(place);
    if (key === null) continue;
    const fact = taken.get(key);
    if (fact !== undefined)
      throw refusal(`${name} ${fact}`, 'send the output to another file', {
        takenStreams: key === keys.of(STDOUT.place) ? [STDOUT.place] : [],
      });
    taken.set(key, `is the same file as ${name}`);
  }
  examined = ledgers;
}

/** The ledgers that a command line names, also one that cannot be parsed; else the default. `words`: after the verb. */
export function ledgersNamed(words: readonly string[], otherwise: string): string[] {
  const end = words.indexOf('--');
  const flags = end === -1 ? words : words.slice(0, end);
  const named = flags.flatMap((word, at) =>
    word === '--ledger' || word === '-l' ? (flags[at + 1] ?? []) : (namedBy(word) ?? []),
  );
  return named.length > 0 ? named : [otherwise];
}

/** The ledger in `--ledger=PATH` and `-lPATH`. */
function namedBy(word: string): string | undefined {
  const flag = ['--ledger=', '-l'].find((each) => word.startsWith(each) && word !== each);
  return flag === undefined ? undefined : word.slice(flag.length);
}

/** A ledger on servers is no file. */
const isFile = (location: string) => schemeOf(location) === null;

function filesOf(outputs: Readonly<Record<string, string | undefined>>): NamedFile[] {
  return Object.entries(outputs).flatMap(([flag, place]) => {
    if (place === undefined || !isFile(place)) return [];
    if (place === '-')
      throw refusal(`--${flag} - does not mean standard output`, flag === 'rejects' ? HYPHEN_OF_LINES : HYPHEN);
    return [{ name: `--${flag} ${place}`, place }];
  });
}

/** `includesMissing`: also those that are not there. */
function filesOfLedger(ledger: string, includesMissing: boolean): [path: string, fact: string][] {
  // SQLite puts them beside the target of a symbolic link
  const path = resolvedPath(ledger);
  const files = [
    [path, 'is the ledger itself'],
    ...COMPANIONS.map((end): [string, string] => [path + end, `is part of the ledger: its ${end}`]),
  ] satisfies [string, string][];
  return includesMissing ? files : files.filter(([file]) => !isMissing(file));
}

/** Identities of files, each looked up once. */
class Keys {
  /** Whether a file that was looked up is missing. */
  hasMissing = false;
  readonly #known = new Map<FilePlace, string | null>();

  /** The same for all names and links of a file. Null for a pipe, a terminal or a device, which several outputs can share. */
  of(place: FilePlace): string | null {
    let key = this.#known.get(place);
    if (key === undefined) {
      key = this.#find(place);
      this.#known.set(place, key);
    }
    return key;
  }

  #find(place: FilePlace): string | null {
    try {
      const stats = typeof place === 'number' ? fstatSync(place, { bigint: true }) : statSync(place, QUIETLY);
      if (stats !== undefined) return stats.isFile() ? `${stats.dev}:${stats.ino}` : null;
    } catch {
      // a closed descriptor, or a path that cannot be followed
    }
    if (typeof place === 'number') return null;
    this.hasMissing = true;
    return resolvedPath(place);
  }
}

function isMissing(path: string): boolean {
  try {
    return statSync(path, QUIETLY) === undefined;
  } catch {
    return false;
  }
}

/** A file that is missing, as those beside a ledger mostly are, makes no error: three of these for each file were 1 ms of each command's start. */
const QUIETLY = { bigint: true, throwIfNoEntry: false } as const;

/** Resolves symbolic links, even if the file does not exist yet. */
export function resolvedPath(path: string, linksLeft = LINKS_MAX): string {
  let absolute: string;
  try {
    absolute = resolve(path);
  } catch {
    // the working directory is gone: opening the file will report it
    return path;
  }
  try {
    if (lstatSync(absolute, QUIETLY) !== undefined) return realpathSync.native(absolute);
  } catch {
    // a dangling link, or a directory that is missing
  }
  const place = join(directoryOf(absolute), basename(absolute));
  try {
    const isLink = linksLeft > 0 && lstatSync(place, QUIETLY)?.isSymbolicLink() === true;
    return isLink ? resolvedPath(resolve(dirname(place), readlinkSync(place)), linksLeft - 1) : place;
  } catch {
    return place;
  }
}

/** By the system's own function: Node's examines each part of the path by itself. */
function directoryOf(absolute: string): string {
  try {
    return realpathSync.native(dirname(absolute));
  } catch {
    return dirname(absolute);
  }
}

/** Whether the error says that this stream is taken, so that nothing must be printed there. */
export function forbidsStream(error: unknown, stream: OutputStream): boolean {
  const taken = error instanceof LedgerError ? error.details['takenStreams'] : undefined;
  return Array.isArray(taken) && taken.includes(stream);
}

function refusal(
  message: string,
  hint: string,
  details: { readonly takenStreams?: readonly OutputStream[] } = {},
): LedgerError {
  return new LedgerError('INVALID_ARGUMENT', { message, hint, details });
}
