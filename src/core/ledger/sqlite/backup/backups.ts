/** Makes backups of one open ledger: copied in a thread, synced, verified against the head of the copied snapshot, and only then given their name. */

import { statSync } from 'node:fs';
import { closeAfter } from '../../../model/closing.ts';
import type { Head } from '../../../model/events/head.ts';
import { invalidArgument, invariant, LedgerError, type LedgerErrorCode } from '../../../model/ledger-error.ts';
import { shellFlag } from '../../../model/text/shell-word.ts';
import type { BackupOptions, BackupReport, Ledger } from '../../ledger.ts';
import { connect } from '../connection/connection.ts';
import { type FileIdentity, fileBytes, guardIdentity } from '../connection/file-guard.ts';
import { incompleteFiles } from '../connection/temporary-name.ts';
import { translateError } from '../connection/translate-error.ts';
import { copyInThread } from '../threads/backup-thread.ts';
import type { ThreadStart } from '../threads/thread-protocol.ts';
import type { CopyHooks } from './copy-snapshot.ts';
import { NewFile } from './new-file.ts';

/** What a copy that is not a sound ledger is refused with. */
const UNSOUND: readonly LedgerErrorCode[] = ['VERIFICATION_FAILED', 'HEAD_MISMATCH', 'DAMAGED_LEDGER', 'NOT_A_LEDGER'];

export class Backups {
  readonly #source: ThreadStart;
  readonly #openCopy: (path: string) => Promise<Ledger>;
  /** Aborts with the error of the close. */
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  /** `openCopy`: opens a ledger for reading. */
  constructor(source: ThreadStart, openCopy: (path: string) => Promise<Ledger>) {
    this.#source = source;
    this.#openCopy = openCopy;
  }

  /** As `Ledger.backup`. */
  async run(target: string, options: BackupOptions): Promise<BackupReport> {
    const { signal } = options;
    const any = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
    const run = this.#run(target, options, any);
    const ended = run.then(
      () => {},
      () => {},
    );
    this.#running.add(ended);
    try {
      return await run;
    } catch (error) {
      // What an abort interrupted has failed in a way of its own.
      any.throwIfAborted();
      throw error;
    } finally {
      this.#running.delete(ended);
    }
  }

  /** Ends the backups in progress; resolves when their files are removed. */
  async close(): Promise<void> {
    this.#closing.abort(new LedgerError('CLOSED', { message: 'the ledger was closed', hint: 'open it again' }));
    await Promise.all(this.#running);
  }

  async #run(target: string, options: BackupOptions, signal: AbortSignal): Promise<BackupReport> {
    signal.throwIfAborted();
    const { path, file } = this.#source;
    refuseItself(file, target);
    const copy = NewFile.create(target);
    try {
      const head = await this.#copy(copy, options, signal);
      // A copy of a ledger that is no longer the one at its path would pass for one of its successor.
      guardIdentity(path, file);
      const { events, commits, segments } = await this.#verify(copy, head, options, signal);
      signal.throwIfAborted();
      await copy.publish();
      const incomplete = incompleteFiles(copy.path);
      return { path: copy.path, head, events, commits, bytes: fileBytes(copy.path), segments, incomplete };
    } finally {
      copy.discard();
    }
  }

  async #copy({ path, temporary }: NewFile, { onProgress }: BackupOptions, signal: AbortSignal): Promise<Head> {
    try {
      const hooks: CopyHooks = { signal, onProgress: (progress) => onProgress?.({ phase: 'copy', ...progress }) };
      const head = await copyInThread(this.#source, temporary, hooks);
      leaveWal(temporary);
      return head;
    } catch (error) {
      throw renamed(translateError(error, path, 'read'), temporary, path);
    }
  }

  async #verify({ path, temporary }: NewFile, head: Head, { check }: BackupOptions, signal: AbortSignal) {
    try {
      const ledger = await this.#openCopy(temporary);
      return await closeAfter(
        async () => ({ ...(await check(ledger, head, signal)), segments: await segmentsOf(ledger) }),
        () => ledger.close(),
      );
    } catch (error) {
      if (!(error instanceof LedgerError) || !UNSOUND.includes(error.code)) throw renamed(error, temporary, path);
      throw new LedgerError('VERIFICATION_FAILED', {
        message: `no backup was made: the copy is not sound: ${error.message.replaceAll(temporary, path)}`,
        hint: `verify the ledger itself: completengine inspect --verify ${shellFlag('ledger', this.#source.path)}`,
        details: error.details,
        cause: error,
      });
    }
  }
}

/** Those with the rest of the ledger's history: what was dropped has none. */
async function segmentsOf({ archives }: Ledger): Promise<BackupReport['segments']> {
  const runs = (await archives?.runs()) ?? [];
  return runs.flatMap(({ file, bytes }) => (file === null ? [] : [{ file, bytes }]));
}

function refuseItself(source: FileIdentity, target: string): void {
  const found = identityOf(target);
  if (found?.dev !== source.dev || found.ino !== source.ino) return;
  throw invalidArgument(`'${target}' is the ledger itself`, 'name another file, best on another disk', 'path');
}

/** Null if nothing can be found there: creating the file says why. */
function identityOf(path: string): FileIdentity | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

/** Takes the copy out of WAL mode: without files beside it, it can be read on read-only media. The first emitter brings it back. */
function leaveWal(path: string): void {
  const db = connect(path, { isReadOnly: false });
  try {
    const mode = db.pragma('journal_mode = DELETE', { simple: true });
    invariant(mode === 'delete', `the copy is in the mode ${String(mode)}`);
  } finally {
    db.close();
  }
}

/** The same error with the name that the caller knows. */
function renamed(error: unknown, temporary: string, path: string): unknown {
  if (!(error instanceof LedgerError)) return error;
  const { code, message, hint, cause } = error;
  const details = { ...error.details, path };
  return new LedgerError(code, { message: message.replaceAll(temporary, path), hint, details, cause });
}
