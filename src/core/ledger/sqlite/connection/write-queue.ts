/**
 * The line of writers that wait for one another (docs/decisions/0023-a-line-of-writers.md). SQLite's lock alone decides who writes; the line says who tries
 * next. Each writer that waits has a ticket, an empty file in a directory beside the ledger. Who has written removes the oldest ticket: that is its owner's
 * call. A call that nobody follows costs the others one short wait, so nothing has to be repaired after a crash.
 */

import { existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, rmdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '../../../model/disk-error.ts';
import { growingPauses } from './busy.ts';
import { isWaiting, Ticket, ticketName, ticketsOf } from './ticket.ts';

/**
 * Length of a turn. A commit after one of another process costs a third more than the next one of the same process, and a wake-up: so a writer whose commits
 * follow one another makes a few of them. Of 24 writers each waits for 23 turns: with 2 ms their p99 is half of that with 5 ms.
 */
const TURN_MS = 2;
/** A writer keeps its turn only if it writes again within this time, and did so before. */
const NEXT_WITHIN_MS = 1;
/** A look at the directory takes 2.5 us, which is 0.8 % of a commit in memory. */
const LOOK_EVERY_MS = 1;
/** The first in the line tries again after this time without a call: who was called before it may be stopped, or killed. */
const UNCALLED_MS = 20;
/** Those behind it wait longer, so that they do not try before it. */
const UNCALLED_MS_EACH = 2 * TURN_MS;
/** The directory is removed by who finds it empty, even just after it was made. */
const DRAWS_MAX = 3;

export class WriteQueue {
  readonly #path: string;
  #directory: string | undefined;
  /** When this turn's first write began; null before that. */
  #turnSince: number | null = null;
  #lastWrite = Number.NEGATIVE_INFINITY;
  #followsAtOnce = false;
  #lastLook = Number.NEGATIVE_INFINITY;
  /** By the last look. */
  #isAwaited = false;
  /** This writer has called another one since its last write: it goes to the end of the line. */
  #hasCalled = false;
  #ending: NodeJS.Timeout | undefined;
  #ticket: Ticket | null = null;

  /** `path`: of the ledger. */
  constructor(path: string) {
    this.#path = path;
  }

  /** To be awaited before the first attempt to begin a write; null: at once. */
  enter(signal: AbortSignal | undefined): Promise<void> | null {
    clearTimeout(this.#ending);
    this.#ending = undefined;
    const pause = performance.now() - this.#lastWrite;
    this.#followsAtOnce = pause < NEXT_WITHIN_MS;
    // after a turn's time who was called has written, and might not see this ticket any more
    const mustWait = this.#hasCalled && pause < TURN_MS;
    this.#hasCalled = false;
    if (!mustWait) return null;
    this.#ticket = this.#draw(ticketName());
    return this.#ticket?.called(this.#uncalledMs(this.#ticket), signal) ?? null;
  }

  /** Pauses after attempts that found the ledger busy. */
  pauses(signal: AbortSignal | undefined): () => Promise<void> {
    const otherwise = growingPauses();
    return async () => {
      this.#turnSince = null;
      if (this.#ticket !== null && !this.#ticket.isCalled)
        return this.#ticket.called(this.#uncalledMs(this.#ticket), signal);
      // called, and another one was faster: the place in the line is the same
      this.#ticket = this.#draw(this.#ticket?.name ?? ticketName());
      // who held the ledger may have written before it could see the ticket, so the next attempt comes at once
      return this.#ticket === null ? otherwise() : undefined;
    };
  }

  /** The lock is held. */
  begin(): void {
    this.#turnSince ??= performance.now();
    this.#ticket?.end();
    this.#ticket = null;
  }

  /** After the attempts. If none of them got the lock, a call that came is passed on. */
  leave(): void {
    const ticket = this.#ticket;
    if (ticket === null) return;
    this.#ticket = null;
    ticket.end();
    if (ticket.isCalled) this.#callNext();
  }

  /** After a write, committed or not: ends the turn, now or when no other write follows. Never throws: what was committed is committed. */
  written(): void {
    const now = performance.now();
    this.#lastWrite = now;
    if (!this.#followsAtOnce || now - this.#lastLook >= LOOK_EVERY_MS) {
      this.#lastLook = now;
      this.#isAwaited = existsSync(this.#place());
    }
    if (!this.#isAwaited) return;
    if (this.#followsAtOnce && now - (this.#turnSince ?? now) < TURN_MS)
      this.#ending = setTimeout(() => this.#callNext(), NEXT_WITHIN_MS);
    else this.#callNext();
  }

  close(): void {
    if (this.#ending === undefined) return;
    clearTimeout(this.#ending);
    this.#callNext();
  }

  /** Removes the oldest ticket, and with it those of processes that are gone. One of another container may look so: it is called early, which does no harm. */
  #callNext(): void {
    this.#ending = undefined;
    this.#turnSince = null;
    const directory = this.#place();
    for (const name of this.#tickets()) {
      if (!removes(() => unlinkSync(join(directory, name))) || !isWaiting(name)) continue;
      this.#hasCalled = true;
      return;
    }
    // fails if someone has drawn a ticket
    removes(() => rmdirSync(directory));
  }

  /** Null where it cannot be made or watched. */
  #draw(name: string): Ticket | null {
    const directory = this.#place();
    for (let draws = 0; draws < DRAWS_MAX; draws++) {
      try {
        this.#make(directory);
        return this.#isOfUsers(directory) ? Ticket.draw(directory, name) : null;
      } catch (error) {
        if (systemErrorCode(error) !== 'ENOENT') return null;
      }
    }
    return null;
  }

  /** Who may write the ledger may queue, as far as this user's `umask` lets them. */
  #make(directory: string): void {
    if (existsSync(directory)) return;
    const { mode } = statSync(this.#path);
    try {
      mkdirSync(directory, { mode: 0o700 | ((mode & 0o020) === 0 ? 0 : 0o070) | ((mode & 0o002) === 0 ? 0 : 0o007) });
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') throw error;
    }
  }

  #uncalledMs({ name }: Ticket): number {
    return UNCALLED_MS + UNCALLED_MS_EACH * this.#tickets().filter((each) => each < name).length;
  }

  /** The oldest first. */
  #tickets(): string[] {
    try {
      const directory = this.#place();
      return this.#isOfUsers(directory) ? ticketsOf(readdirSync(directory)) : [];
    } catch {
      return [];
    }
  }

  /** Nothing is removed from, or written into, a directory that a link names or a stranger has made. */
  #isOfUsers(directory: string): boolean {
    const found = lstatSync(directory);
    return found.isDirectory() && (found.uid === process.geteuid?.() || found.uid === statSync(this.#path).uid);
  }

  /** Beside SQLite's files, which are beside the target of a link. */
  #place(): string {
    this.#directory ??= `${targetOf(this.#path)}-queue`;
    return this.#directory;
  }
}

function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** False if another one was faster, or if this process may not. */
function removes(remove: () => void): boolean {
  try {
    remove();
    return true;
  } catch {
    return false;
  }
}
