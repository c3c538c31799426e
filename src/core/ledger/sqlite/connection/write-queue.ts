/**
 * The line of those that want to write while another one does ([decision 0023](../../../../../docs/decisions/0023-a-line-of-writers.md)). SQLite's lock
 * alone decides who writes; the line says who tries next. Each of those that wait has a ticket, an empty file in a directory beside the ledger, and who has
 * written removes the oldest one, which wakes its owner. A ticket that is never taken up costs the others one short wait, so nothing has to be
 * repaired after a crash.
 */

import {
  chmodSync,
  existsSync,
  type FSWatcher,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { growingPauses } from './busy.ts';

/** A turn is this long: a commit after one of another process costs a third more, and a wake-up. Of 24 each waits for 23 turns. */
const TURN_MS = Number(process.env['Q_SLICE'] ?? 2);
/** A writer whose last commits followed at once keeps its turn for this long after a commit. */
const NEXT_WITHIN_MS = 1;
/** The first in the line tries after this time without a call, because who was called before it may be stopped; each one behind it waits for two turns more. */
const UNCALLED_MS = Number(process.env['Q_BOUND'] ?? 20);
/** Of a ticket: time of the system's monotonic clock, process, and a number that makes it unique. */
const TICKET = /^\d{20}-(\d{1,10})-[0-9a-f]{8}$/;
const DRAWS_MAX = 3;

export class WriteQueue {
  readonly #path: string;
  #known: string | undefined;
  /** When this connection's turn began; null before its first write. */
  #turnSince: number | null = null;
  #lastWrite = Number.NEGATIVE_INFINITY;
  #followsAtOnce = false;
  #hasCalled = false;
  #passing: NodeJS.Timeout | undefined;
  #ticket: Ticket | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Before a write. Resolves when no one who was called before this connection is to be waited for. */
  enter(signal: AbortSignal | undefined): Promise<void> | null {
    clearTimeout(this.#passing);
    this.#passing = undefined;
    const now = performance.now();
    this.#followsAtOnce = now - this.#lastWrite < NEXT_WITHIN_MS;
    if (this.#hasCalled) {
      this.#hasCalled = false;
      this.#ticket = this.#draw(ticketName());
      return this.#ticket?.called(this.#uncalledMs(), signal) ?? null;
    }
    return null;
  }

  /** The lock is held. */
  begin(): void {
    this.#turnSince ??= performance.now();
  }

  /** Pauses after attempts that found the ledger busy. */
  pauses(signal: AbortSignal | undefined): () => Promise<void> {
    const otherwise = growingPauses();
    return async () => {
      this.#turnSince = null;
      if (this.#ticket === null || this.#ticket.isCalled) {
        const name = this.#ticket?.name ?? ticketName();
        this.#ticket?.end();
        this.#ticket = this.#draw(name);
        // who held the ledger may have written before it could see the ticket: try again
        return this.#ticket === null ? otherwise() : undefined;
      }
      await this.#ticket.called(this.#uncalledMs(), signal);
    };
  }

  /** After the attempts, successful or not. */
  leave(): void {
    this.#ticket?.end();
    this.#ticket = null;
  }

  /** After a write: calls the next one, unless this connection's turn lasts. */
  passOn(): void {
    const now = performance.now();
    this.#lastWrite = now;
    if (!existsSync(this.#directory)) return;
    if (this.#followsAtOnce && now - (this.#turnSince ?? 0) < TURN_MS)
      this.#passing = setTimeout(() => this.#call(), NEXT_WITHIN_MS);
    else this.#call();
  }

  close(): void {
    if (this.#passing === undefined) return;
    clearTimeout(this.#passing);
    this.#call();
  }

  get #directory(): string {
    // SQLite's files, too, are beside the target of a link
    this.#known ??= `${realpathSync(this.#path)}-queue`;
    return this.#known;
  }

  /** Removes the oldest ticket. Of processes that are gone all of them; one of another container may look so, and is called early. */
  #call(): void {
    this.#passing = undefined;
    this.#turnSince = null;
    const names = this.#tickets();
    for (const name of names) {
      if (name === this.#ticket?.name) continue;
      try {
        unlinkSync(join(this.#directory, name));
      } catch {
        continue;
      }
      if (isAlive(name)) {
        this.#hasCalled = true;
        return;
      }
    }
    try {
      rmdirSync(this.#directory);
    } catch {
      // someone has drawn a ticket
    }
  }

  /** The oldest first. None if the directory is not one of this ledger's users: what is in another one is not to be removed. */
  #tickets(): string[] {
    try {
      const found = lstatSync(this.#directory);
      if (!found.isDirectory() || (found.uid !== process.getuid?.() && found.uid !== statSync(this.#path).uid)) return [];
      return readdirSync(this.#directory)
        .filter((name) => TICKET.test(name))
        .sort();
    } catch {
      return [];
    }
  }

  #uncalledMs(): number {
    const name = this.#ticket?.name ?? '';
    return UNCALLED_MS + 2 * TURN_MS * this.#tickets().filter((each) => each < name).length;
  }

  /** Null where it cannot be made or watched. */
  #draw(name: string): Ticket | null {
    const file = join(this.#directory, name);
    for (let draws = 0; draws < DRAWS_MAX; draws++) {
      try {
        writeFileSync(file, '', { flag: 'wx', mode: 0o600 });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || !this.#make()) return null;
        continue;
      }
      return Ticket.of(name, file);
    }
    return null;
  }

  /** Who may write the ledger may queue. */
  #make(): boolean {
    try {
      const { mode } = statSync(this.#path);
      const others = ((mode & 0o020) << 0 && 0o070) | ((mode & 0o002) << 0 && 0o007);
      mkdirSync(this.#directory, { mode: 0o700 });
      if (others !== 0) chmodSync(this.#directory, 0o700 | others);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EEXIST';
    }
  }
}

class Ticket {
  readonly name: string;
  readonly #file: string;
  readonly #watcher: FSWatcher | null;
  #isCalled = false;
  #wake: (() => void) | undefined;

  /** Null where files cannot be watched. */
  static of(name: string, file: string): Ticket | null {
    try {
      return new Ticket(name, file);
    } catch {
      rmSync(file, { force: true });
      return null;
    }
  }

  private constructor(name: string, file: string) {
    this.name = name;
    this.#file = file;
    this.#watcher = watchOrNull(file, () => this.#look());
    this.#look();
  }

  get isCalled(): boolean {
    return this.#isCalled;
  }

  called(limitMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#isCalled) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(wake, limitMs);
      signal?.addEventListener('abort', wake);
      this.#wake = wake;
    });
  }

  end(): void {
    this.#watcher?.close();
    if (!this.#isCalled) rmSync(this.#file, { force: true });
  }

  #look(): void {
    if (this.#isCalled || existsSync(this.#file)) return;
    this.#isCalled = true;
    this.#wake?.();
  }
}

/** Null if the file is gone already. */
function watchOrNull(file: string, onChange: () => void): FSWatcher | null {
  try {
    return watch(file, onChange).on('error', onChange);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function ticketName(): string {
  const time = process.hrtime.bigint().toString().padStart(20, '0');
  return `${time}-${process.pid}-${crypto.randomUUID().slice(0, 8)}`;
}

function isAlive(ticket: string): boolean {
  try {
    process.kill(Number(TICKET.exec(ticket)?.[1]), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
