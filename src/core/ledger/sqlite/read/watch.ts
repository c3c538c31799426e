/**
 * Tells of commits by other connections. A change in the ledger's directory is a hint, `data_version` the truth, a slow poll the net.
 * The hint comes before the commit can be read: looking once at it was one commit late (p50 7.6 ms at a beat of 7 ms), so the truth is looked
 * at every millisecond for a while after each hint (p50 1.35 ms). Meanwhile no hint is heard: an emitter that writes at full speed makes tens of
 * thousands of them, and whoever hears them takes its processor from it (a sixth of its rate on two cores).
 */

import { type FSWatcher, watch as watchDirectory } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Database, Statement } from 'better-sqlite3';
import { type FileIdentity, guardIdentity } from '../connection/file-guard.ts';
import { isBusy, translateError } from '../connection/translate-error.ts';

const LOOK_EVERY_MS = 1;
const LOOK_FOR_MS = 20;
const NET_MS = 250;
/** Where directories cannot be watched. */
const NET_WITHOUT_HINTS_MS = 20;

export interface WatchListener {
  onCommit(): void;
  onError(error: unknown): void;
}

export class CommitWatch {
  readonly #path: string;
  readonly #file: FileIdentity;
  readonly #listener: WatchListener;
  readonly #statement: Statement<[], unknown>;
  #net: NodeJS.Timeout;
  #hints: FSWatcher | null;
  #version: unknown;
  #look: NodeJS.Timeout | undefined;
  #lookUntil = 0;
  #isClosed = false;

  constructor(db: Database, path: string, file: FileIdentity, listener: WatchListener) {
    this.#statement = db.prepare<[], unknown>('PRAGMA data_version').pluck();
    this.#path = path;
    this.#file = file;
    this.#listener = listener;
    this.#version = this.#statement.get();
    this.#hints = this.#watchHints();
    this.#net = setInterval(this.#onNet, this.#hints === null ? NET_WITHOUT_HINTS_MS : NET_MS);
  }

  close(): void {
    this.#isClosed = true;
    this.#hints?.close();
    clearInterval(this.#net);
    clearTimeout(this.#look);
  }

  #watchHints(): FSWatcher | null {
    const name = basename(this.#path);
    try {
      const hints = watchDirectory(dirname(this.#path), (_, changed) => {
        if (changed === null || changed.startsWith(name)) this.#beginToLook();
      });
      // the net notices what has happened to the ledger
      hints.on('error', () => hints.close());
      return hints;
    } catch {
      return null;
    }
  }

  #beginToLook(): void {
    if (this.#look !== undefined || this.#isClosed) return;
    this.#hints?.close();
    this.#hints = null;
    this.#lookUntil = performance.now() + LOOK_FOR_MS;
    this.#look = setTimeout(this.#onLook, 0);
  }

  readonly #onLook = (): void => {
    this.#look = undefined;
    this.#guarded(() => this.#compare());
    if (this.#isClosed) return;
    if (performance.now() < this.#lookUntil) this.#look = setTimeout(this.#onLook, LOOK_EVERY_MS);
    else this.#waitForHints();
  };

  #waitForHints(): void {
    this.#hints = this.#watchHints();
    if (this.#hints === null) {
      clearInterval(this.#net);
      this.#net = setInterval(this.#onNet, NET_WITHOUT_HINTS_MS);
      return;
    }
    // what was committed before they were heard gives none
    this.#guarded(() => this.#compare());
  }

  readonly #onNet = (): void => {
    this.#guarded(() => {
      guardIdentity(this.#path, this.#file);
      this.#compare();
    });
  };

  /** Nobody is there to catch what a timer throws. */
  #guarded(look: () => void): void {
    try {
      look();
    } catch (error) {
      // whoever holds the file lets go of it, and the net looks again
      if (isBusy(error)) return;
      this.close();
      this.#listener.onError(translateError(error, this.#path, 'read'));
    }
  }

  #compare(): void {
    const version = this.#statement.get();
    if (version === this.#version) return;
    this.#version = version;
    // where one came there may be more
    this.#lookUntil = performance.now() + LOOK_FOR_MS;
    this.#listener.onCommit();
  }
}
