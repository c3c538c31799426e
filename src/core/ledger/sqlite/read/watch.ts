/**
 * Reports commits by other connections. A change in the ledger's directory is a hint, `data_version` decides, and a slow poll is the fallback.
 * The hint comes before the commit can be read: one check per hint was one commit late (p50 7.6 ms with a commit every 7 ms). So `data_version` is read every
 * millisecond for a while after each hint (p50 1.35 ms). Hints are not listened to meanwhile: a writer at full speed causes tens of thousands of them, and
 * a listener that hears each costs it 1/6 of its rate (2 cores).
 */

import { type FSWatcher, watch as watchDirectory } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Database, Statement } from 'better-sqlite3';
import { type FileIdentity, guardIdentity } from '../connection/file-guard.ts';
import { isBusy, translateError } from '../connection/translate-error.ts';

const CHECK_EVERY_MS = 1;
const CHECK_FOR_MS = 20;
const POLL_MS = 250;
/** Poll interval if directories cannot be watched. */
const POLL_WITHOUT_HINTS_MS = 20;

export interface WatchListener {
  onCommit(): void;
  onError(error: unknown): void;
}

export class CommitWatch {
  readonly #path: string;
  readonly #file: FileIdentity;
  readonly #listener: WatchListener;
  readonly #statement: Statement<[], unknown>;
  #poll: NodeJS.Timeout;
  #hints: FSWatcher | null;
  #version: unknown;
  #check: NodeJS.Timeout | undefined;
  #checkUntil = 0;
  #isClosed = false;

  /** @throws LedgerError IO_FAILED, DAMAGED_LEDGER if the first reading fails */
  constructor(db: Database, path: string, file: FileIdentity, listener: WatchListener) {
    this.#path = path;
    this.#file = file;
    this.#listener = listener;
    try {
      this.#statement = db.prepare<[], unknown>('PRAGMA data_version').pluck();
      this.#version = this.#statement.get();
    } catch (error) {
      throw translateError(error, path, 'read');
    }
    this.#hints = this.#watchHints();
    this.#poll = setInterval(this.#onPoll, this.#hints === null ? POLL_WITHOUT_HINTS_MS : POLL_MS);
  }

  close(): void {
    this.#isClosed = true;
    this.#hints?.close();
    clearInterval(this.#poll);
    clearTimeout(this.#check);
  }

  #watchHints(): FSWatcher | null {
    const name = basename(this.#path);
    try {
      const hints = watchDirectory(dirname(this.#path), (_, changed) => {
        if (changed === null || changed.startsWith(name)) this.#beginChecks();
      });
      // The poll finds out what happened to the ledger.
      hints.on('error', () => hints.close());
      return hints;
    } catch {
      return null;
    }
  }

  #beginChecks(): void {
    if (this.#check !== undefined || this.#isClosed) return;
    this.#hints?.close();
    this.#hints = null;
    this.#checkUntil = performance.now() + CHECK_FOR_MS;
    this.#check = setTimeout(this.#onCheck, 0);
  }

  readonly #onCheck = (): void => {
    this.#check = undefined;
    this.#guarded(() => this.#compare());
    if (this.#isClosed) return;
    if (performance.now() < this.#checkUntil) this.#check = setTimeout(this.#onCheck, CHECK_EVERY_MS);
    else this.#waitForHints();
  };

  #waitForHints(): void {
    this.#hints = this.#watchHints();
    if (this.#hints === null) {
      clearInterval(this.#poll);
      this.#poll = setInterval(this.#onPoll, POLL_WITHOUT_HINTS_MS);
      return;
    }
    // Commits made before the listener was installed cause no hint.
    this.#guarded(() => this.#compare());
  }

  readonly #onPoll = (): void => {
    this.#guarded(() => {
      guardIdentity(this.#path, this.#file);
      this.#compare();
    });
  };

  /** Reports errors to the listener: a timer has no caller that could catch them. */
  #guarded(check: () => void): void {
    try {
      check();
    } catch (error) {
      // The lock is released in a moment, and the poll tries again.
      if (isBusy(error)) return;
      this.close();
      this.#listener.onError(translateError(error, this.#path, 'read'));
    }
  }

  #compare(): void {
    const version = this.#statement.get();
    if (version === this.#version) return;
    this.#version = version;
    // After one commit there may be more.
    this.#checkUntil = performance.now() + CHECK_FOR_MS;
    this.#listener.onCommit();
  }
}
