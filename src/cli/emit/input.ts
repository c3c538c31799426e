/** Where `emit` reads from: files in their order, or standard input. */

import { createReadStream, fstatSync, openSync, type Stats, statSync } from 'node:fs';
import { isatty } from 'node:tty';
import { type InputSource, LedgerError } from '../../index.ts';
import type { NamedFile } from '../state/taken-files.ts';
import { FileSource, PipeSource } from './direct-source.ts';

const STDIN = 0;

export interface Input {
  readonly sources: readonly InputSource[];
  /** Bytes in all; null where that cannot be known. */
  readonly bytes: number | null;
  /** A person at a terminal is the source. */
  readonly isTerminal: boolean;
}

/** The inputs as messages name them, to tell them from outputs. */
export function inputFiles(files: readonly string[]): NamedFile[] {
  return namesOf(files).map((name) => (name === '-' ? { name: 'stdin', place: STDIN } : { name, place: name }));
}

function namesOf(files: readonly string[]): readonly string[] {
  return files.length === 0 ? ['-'] : files;
}

/** `-` and no names at all mean standard input. @throws LedgerError NO_INPUT, INPUT_UNREADABLE before anything is read. */
export function openInput(files: readonly string[]): Input {
  const names = namesOf(files);
  const inputs = names.map((name) => (name === '-' ? standardInput() : fileInput(name)));
  const bytes = inputs.reduce<number | null>(
    (sum, input) => (sum === null || input.bytes === null ? null : sum + input.bytes),
    0,
  );
  return { sources: inputs.map(({ source }) => source), bytes, isTerminal: names.includes('-') && isatty(STDIN) };
}

function standardInput(): { source: InputSource; bytes: number | null } {
  const stats = statsOfStdin();
  if (stats.isFile()) {
    // the descriptor stays where the shell has put it
    const open = () => createReadStream('', { fd: STDIN, autoClose: false });
    return {
      source: { name: 'stdin', open, openDirectly: () => new FileSource(STDIN, { isOwned: false }) },
      bytes: stats.size,
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

function fileInput(name: string): { source: InputSource; bytes: number | null } {
  let stats: Stats;
  try {
    stats = statSync(name);
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
    source: { name, open, openDirectly: () => new FileSource(openSync(name, 'r'), { isOwned: true }) },
    bytes: stats.size,
  };
}

function directory(name: string): LedgerError {
  return new LedgerError('INPUT_UNREADABLE', {
    message: `${name} is a directory`,
    hint: 'name files, or pipe JSON lines in',
  });
}

/** What a stream of input throws, as an error of ours. */
export function unreadable(name: string, error: unknown): LedgerError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new LedgerError('INPUT_UNREADABLE', {
    message: `${name} cannot be read: ${code ?? message}`,
    hint: 'check the path and its permissions',
    cause: error,
  });
}
