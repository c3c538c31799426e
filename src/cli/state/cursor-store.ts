/** Stores a cursor in a file as one line of JSON: written atomically, periodically while it moves, and at the end. */

import { LedgerError } from '../../index.ts';
import { readSmallFile, writeAtomically } from './atomic-file.ts';

/** There may be thousands of deliveries per second, and each save waits for the disk. */
const SAVE_EVERY_MS = 200;

export class CursorStore<State> {
  readonly #path: string;
  /** The verb, for messages: `tail`, `replay`. */
  readonly #owner: string;
  readonly #beforeSave: () => void;
  #unsaved: State | null = null;
  #savedAt = 0;

  /** `beforeSave`: syncs the output that the cursor is about to pass. */
  constructor(path: string, owner: string, beforeSave: () => void) {
    this.#path = path;
    this.#owner = owner;
    this.#beforeSave = beforeSave;
  }

  /** Returns the unchecked content of the file, or null if there is none. @throws LedgerError INPUT_UNREADABLE */
  read(): Partial<Record<keyof State, unknown>> | null {
    const text = readSmallFile(this.#path);
    if (text === null) return null;
    try {
      return Object(JSON.parse(text));
    } catch (error) {
      throw this.noCursor(error);
    }
  }

  replace(state: State): void {
    this.#unsaved = state;
  }

  /** @throws LedgerError IO_FAILED */
  advance(state: State): void {
    this.replace(state);
    if (performance.now() - this.#savedAt >= SAVE_EVERY_MS) this.save();
  }

  /** Writes the last state to disk. @throws LedgerError IO_FAILED */
  save(): void {
    if (this.#unsaved === null) return;
    this.#beforeSave();
    writeAtomically(this.#path, `${JSON.stringify(this.#unsaved)}\n`);
    this.#unsaved = null;
    this.#savedAt = performance.now();
  }

  noCursor(cause?: unknown): LedgerError {
    return new LedgerError('INPUT_UNREADABLE', {
      message: `${this.#path} is not a cursor file of ${this.#owner}`,
      hint: 'name another file',
      cause,
    });
  }

  /** `each`: the thing that needs its own cursor file. */
  conflict(owner: string, each: string): LedgerError {
    return new LedgerError('CURSOR_CONFLICT', {
      message: `the cursor in ${this.#path} belongs to ${owner}`,
      hint: `use a separate cursor file for each ${each}`,
    });
  }
}

/** Whether the value is a valid sequence of a cursor. */
export function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
