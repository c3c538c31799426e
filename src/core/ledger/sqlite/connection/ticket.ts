/** A place in the line of writers: an empty file, whose removal by another process is its owner's call. */

import { existsSync, type FSWatcher, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Time of the system's monotonic clock, process, and a random part: two tickets never have one name. */
const NAME = /^\d{20}-(\d{1,10})-[0-9a-f]{8}$/;

export function ticketName(): string {
  const time = process.hrtime.bigint().toString().padStart(20, '0');
  return `${time}-${process.pid}-${crypto.randomUUID().slice(0, 8)}`;
}

/** The tickets among the names of files, the oldest first. */
export function ticketsOf(names: readonly string[]): string[] {
  return names.filter((name) => NAME.test(name)).sort();
}

/** Whether the process that has drawn the ticket lives; it may do so only for this container. */
export function isWaiting(name: string): boolean {
  try {
    process.kill(Number(NAME.exec(name)?.[1]), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** States: drawn -> called (the file is gone). Ended in either state. */
export class Ticket {
  readonly name: string;
  readonly #file: string;
  readonly #watcher: FSWatcher | null;
  #isCalled = false;
  #wake: () => void = () => {};

  /** Throws where the file cannot be made or watched. */
  static draw(directory: string, name: string): Ticket {
    const file = join(directory, name);
    writeFileSync(file, '', { flag: 'wx', mode: 0o600 });
    try {
      return new Ticket(name, file);
    } catch (error) {
      rmSync(file, { force: true });
      throw error;
    }
  }

  private constructor(name: string, file: string) {
    this.name = name;
    this.#file = file;
    this.#watcher = watchOrNull(file, () => this.#update());
    this.#update();
  }

  get isCalled(): boolean {
    return this.#isCalled;
  }

  /** Resolves with the call, at the limit, and when the signal is aborted. */
  called(limitMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#isCalled || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, limitMs);
      signal?.addEventListener('abort', wake);
      this.#wake = wake;
    });
  }

  /** Never throws: its owner may have committed. A ticket that stays is called by another one. */
  end(): void {
    this.#watcher?.close();
    this.#update();
    if (this.#isCalled) return;
    try {
      rmSync(this.#file, { force: true });
    } catch {
      // the directory may not be written any more
    }
  }

  #update(): void {
    if (this.#isCalled || existsSync(this.#file)) return;
    this.#isCalled = true;
    this.#watcher?.close();
    this.#wake();
  }
}

/** Null if the file is gone already, which is a call. */
function watchOrNull(file: string, onChange: () => void): FSWatcher | null {
  try {
    return watch(file, onChange).on('error', onChange);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
