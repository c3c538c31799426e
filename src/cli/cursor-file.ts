/** Keeps how far a replay has been delivered, so that the same command goes on there. The range stays the one that was fixed at first. */

import { LedgerError, type ReplayOptions, type ReplayProgress } from '../index.ts';
import { readSmallFile, writeAtomically } from './atomic-file.ts';

interface Cursor {
  /** The ledger's uuid. */
  readonly ledger: string;
  /** What was asked for. */
  readonly request: string;
  /** Sequences; null where it follows. */
  readonly through: number | null;
  readonly next: number;
}

/** Deliveries may come by the thousand a second, and each writing waits for the disk. */
const SAVE_EVERY_MS = 200;

export class CursorFile {
  readonly #path: string;
  #kept: Cursor | null;
  #request = '';
  #ledger = '';
  #unsaved: Cursor | null = null;
  #savedAt = 0;

  /** Before the ledger is opened. @throws LedgerError INPUT_UNREADABLE for a file that is no cursor. */
  constructor(path: string) {
    this.#path = path;
    const text = readSmallFile(path);
    this.#kept = text === null ? null : parse(path, text);
  }

  /** The request as it goes on. @throws LedgerError CURSOR_CONFLICT when the cursor is another one's. */
  resume(ledger: string, options: ReplayOptions): ReplayOptions {
    this.#ledger = ledger;
    this.#request = requestText(options);
    const kept = this.#kept;
    if (kept === null) return options;
    if (kept.ledger !== ledger) throw this.#conflict('another ledger');
    if (kept.request !== this.#request) throw this.#conflict('another range or filter');
    const { range: _, from: __, through: ___, until: ____, ...rest } = options;
    return { ...rest, fromSequence: kept.next, throughSequence: kept.through ?? undefined };
  }

  /** Everything was delivered before. */
  get isAtEnd(): boolean {
    return this.#kept !== null && this.#kept.through !== null && this.#kept.next > this.#kept.through;
  }

  /** After each delivery. @throws LedgerError IO_FAILED */
  advance({ from, through, sequence }: ReplayProgress): void {
    this.#unsaved = { ledger: this.#ledger, request: this.#request, through, next: sequence === null ? from : sequence + 1 };
    if (performance.now() - this.#savedAt >= SAVE_EVERY_MS) this.save();
  }

  /** All of the range was delivered, also what a filter left out of its end. */
  finish(): void {
    const last = this.#unsaved;
    if (last !== null && last.through !== null) this.#unsaved = { ...last, next: Math.max(last.next, last.through + 1) };
  }

  /** Puts the last state on the disk. @throws LedgerError IO_FAILED */
  save(): void {
    if (this.#unsaved === null) return;
    writeAtomically(this.#path, `${JSON.stringify(this.#unsaved)}\n`);
    this.#kept = this.#unsaved;
    this.#unsaved = null;
    this.#savedAt = performance.now();
  }

  #conflict(whose: string): LedgerError {
    return new LedgerError('CURSOR_CONFLICT', {
      message: `the cursor in ${this.#path} is that of ${whose}`,
      hint: 'give each replay a cursor file of its own',
    });
  }
}

function requestText({ range, from, through, until, fromSequence, throughSequence, zone, partitions, key, where, follow }: ReplayOptions): string {
  return JSON.stringify({ range, from, through, until, fromSequence, throughSequence, zone, partitions, key, where, follow });
}

function parse(path: string, text: string): Cursor {
  const { ledger, request, through, next } = readObject(path, text);
  const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  const isEnd = (value: unknown): value is number | null => value === null || isWhole(value);
  if (typeof ledger !== 'string' || typeof request !== 'string' || !isWhole(next) || !isEnd(through)) throw noCursor(path);
  return { ledger, request, through, next };
}

function readObject(path: string, text: string): Partial<Record<keyof Cursor, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch (error) {
    throw noCursor(path, error);
  }
}

function noCursor(path: string, cause?: unknown): LedgerError {
  return new LedgerError('INPUT_UNREADABLE', { message: `${path} is no cursor of a replay`, hint: 'name another file', cause });
}
