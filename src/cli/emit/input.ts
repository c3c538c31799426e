/** Opens the input of `emit`: files in the order given, or standard input. */

import {
  accessSync,
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  openSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { type InputSource, isCompressed, LedgerError, unreadableInput } from '../../index.ts';
import type { NamedFile } from '../state/taken-files.ts';
import { isTerminal } from '../terminal/is-terminal.ts';
import { FileSource, PipeSource } from './direct-source.ts';

const STDIN = 0;

export interface Input {
  readonly sources: readonly InputSource[];
  /** Total bytes; null if unknown, or if they were not to be measured. */
  readonly bytes: number | null;
  /** Standard input is a terminal. */
  readonly isTerminal: boolean;
}

/** The inputs with their names in messages, for the check against outputs. */
export function inputFiles(files: readonly string[]): NamedFile[] {
  return namesOf(files).map((name) => (name === '-' ? { name: 'stdin', place: STDIN } : { name, place: name }));
}

function namesOf(files: readonly string[]): readonly string[] {
  return files.length === 0 ? ['-'] : files;
}

/**
 * `-` or no name means standard input. `isMeasured`: whether the total is wanted, for which each file is opened once more.
 * @throws LedgerError NO_INPUT, INPUT_UNREADABLE, PERMISSION_DENIED before any input is read
 */
export function openInput(files: readonly string[], isMeasured: boolean): Input {
  const names = namesOf(files);
  const inputs = names.map((name) => (name === '-' ? standardInput(isMeasured) : fileInput(name, isMeasured)));
  const bytes = inputs.reduce<number | null>(
    (sum, input) => (sum === null || input.bytes === null ? null : sum + input.bytes),
    0,
  );
  return { sources: inputs.map(({ source }) => source), bytes, isTerminal: names.includes('-') && isTerminal(STDIN) };
}

function standardInput(isMeasured: boolean): { source: InputSource; bytes: number | null } {
  const stats = statsOfStdin();
  if (stats.isFile()) {
    // keeps the position that the shell gave the descriptor
    const open = () => createReadStream('', { fd: STDIN, autoClose: false });
    return {
      source: { name: 'stdin', open, openDirectly: () => new FileSource(STDIN, { isOwned: false }) },
      bytes: isMeasured ? plainBytes(STDIN, stats.size) : null,
    };
  }
  const isPipe = stats.isFIFO() || stats.isSocket();
  return {
    source: {
      name: 'stdin',
      open: () => process.stdin,
      openDirectly: isPipe ? () => new PipeSource(STDIN) : undefined,
    },
    bytes: null,
  };
}

/** Bytes of lines in a regular file; null if they are compressed, or cannot be read, which is reported at its turn. Leaves the position of the descriptor. */
function plainBytes(descriptor: number, size: number): number | null {
  const first = Buffer.alloc(4);
  try {
    const length = readSync(descriptor, first, 0, first.length, 0);
    return isCompressed(first.subarray(0, length)) ? null : size;
  } catch {
    return null;
  }
}

function statsOfStdin(): Stats {
  let stats: Stats;
  try {
    stats = fstatSync(STDIN);
  } catch (error) {
    throw unreadable('standard input', error);
  }
  if (stats.isDirectory()) throw directory('standard input');
  return stats;
}

function fileInput(name: string, isMeasured: boolean): { source: InputSource; bytes: number | null } {
  let stats: Stats;
  try {
    stats = statSync(name);
    // before the first file is read: an error at the second one would come after commits
    accessSync(name, constants.R_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new LedgerError('NO_INPUT', {
        message: `there is no file ${name}`,
        hint: 'check the path; nothing was read yet',
        details: { file: name },
        cause: error,
      });
    }
    throw unreadable(name, error);
  }
  if (stats.isDirectory()) throw directory(name);
  const open = () => createReadStream(name);
  if (!stats.isFile()) return { source: { name, open }, bytes: null };
  return {
    source: { name, open, openDirectly: () => new FileSource(openSync(name, 'r'), { isOwned: true }), isPrompt: true },
    bytes: isMeasured ? plainBytesOf(name, stats.size) : null,
  };
}

function plainBytesOf(name: string, size: number): number | null {
  const descriptor = openSync(name, 'r');
  try {
    return plainBytes(descriptor, size);
  } finally {
    closeSync(descriptor);
  }
}

function directory(name: string): LedgerError {
  return new LedgerError('INPUT_UNREADABLE', {
    message: `${name} is a directory`,
    hint: 'name files, or pipe JSON lines in',
  });
}

/** Translates an error of an input stream. */
export function unreadable(name: string, error: unknown): LedgerError {
  return unreadableInput(name, error, 'check the path, and what it leads to');
}
