/** Stores the position of a replay in a file, so that the same command resumes there. The range stays that of the first run. */

import type { ReplayOptions, ReplayProgress } from '../../index.ts';
import { CursorStore, isWhole } from './cursor-store.ts';

interface Cursor {
  /** The ledger's uuid. */
  readonly ledger: string;
  /** Fingerprint of range and filter. */
  readonly request: string;
  /** Flags of the output. */
  readonly output: string;
  /** Last sequence; null with --follow. */
  readonly through: number | null;
  readonly next: number;
  /** Whether an event was printed: the output has a beginning then, such as a header. */
  readonly isBegun: boolean;
  /** Whether the output is complete, with its end. */
  readonly isEnded: boolean;
}

export class CursorFile {
  readonly #store: CursorStore<Cursor>;
  readonly #kept: Cursor | null;
  /** The latest position, saved or not. */
  #last: Cursor | null;
  #request = '';
  #output = '';
  #ledger = '';

  /** To be created before the ledger is opened. `beforeSave`: syncs the delivered output. @throws LedgerError INPUT_UNREADABLE for a file that is not a cursor. */
  constructor(path: string, beforeSave: () => void) {
    this.#store = new CursorStore(path, 'replay', beforeSave);
    this.#kept = this.#read();
    this.#last = this.#kept;
  }

  /** Returns the request from the stored position on. `output`: its flags. @throws LedgerError CURSOR_CONFLICT for a cursor of another ledger, request or output. */
  resume(ledger: string, options: ReplayOptions, output: string): ReplayOptions {
    this.#ledger = ledger;
    this.#output = output;
    this.#request = requestText(options);
    const kept = this.#kept;
    if (kept === null) return options;
    if (kept.ledger !== ledger) throw this.#store.conflict('another ledger', 'replay');
    if (kept.request !== this.#request) throw this.#store.conflict('another range or filter', 'replay');
    if (kept.output !== output) throw this.#store.conflict(`another output: ${kept.output}`, 'output');
    const { range: _, from: __, through: ___, until: ____, ...rest } = options;
    return { ...rest, fromSequence: kept.next, throughSequence: kept.through ?? undefined };
  }

  /** Whether earlier runs have delivered the whole range. */
  get isAtEnd(): boolean {
    return this.#kept !== null && this.#kept.through !== null && this.#kept.next > this.#kept.through;
  }

  /** Whether an earlier run has begun the document of the output; undefined without an earlier run. */
  get isBegun(): boolean | undefined {
    return this.#kept?.isBegun;
  }

  /** Whether an earlier run has completed it. */
  get isEnded(): boolean {
    return this.#kept?.isEnded === true;
  }

  /** After each delivery. @throws LedgerError IO_FAILED */
  advance({ from, through, sequence }: ReplayProgress): void {
    this.#last = {
      ledger: this.#ledger,
      request: this.#request,
      output: this.#output,
      through,
      next: sequence === null ? from : sequence + 1,
      isBegun: sequence !== null || this.#kept?.isBegun === true,
      isEnded: false,
    };
    this.#store.advance(this.#last);
  }

  /** Marks the whole range as delivered, including events that the filter dropped at its end, and its output as complete. */
  finish(): void {
    const last = this.#last;
    if (last !== null && last.through !== null)
      this.#store.replace({ ...last, next: Math.max(last.next, last.through + 1), isEnded: true });
  }

  /** Writes the last state to disk. @throws LedgerError IO_FAILED */
  save(): void {
    this.#store.save();
  }

  #read(): Cursor | null {
    const kept = this.#store.read();
    if (kept === null) return null;
    const { ledger, request, output, through, next, isBegun, isEnded } = kept;
    if (
      typeof ledger !== 'string' ||
      typeof request !== 'string' ||
      typeof output !== 'string' ||
      !isWhole(next) ||
      !(through === null || isWhole(through)) ||
      typeof isBegun !== 'boolean' ||
      typeof isEnded !== 'boolean'
    )
      throw this.#store.noCursor();
    return { ledger, request, output, through, next, isBegun, isEnded };
  }
}

function requestText({
  range,
  from,
  through,
  until,
  fromSequence,
  throughSequence,
  zone,
  partitions,
  key,
  where,
  follow,
}: ReplayOptions): string {
  return JSON.stringify({
    range,
    from,
    through,
    until,
    fromSequence,
    throughSequence,
    zone,
    partitions,
    key,
    where,
    follow,
  });
}
