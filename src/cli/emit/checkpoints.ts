/** `emit --checkpoint`: signs the head after the last commit, and at an interval while events come, and appends each checkpoint to a file. */

import type { CheckpointOptions, Completengine, Head, LedgerWarning } from '../../index.ts';
import { readDuration } from '../../index.ts';
import { CheckpointFile } from '../checkpoint/checkpoint-file.ts';
import { keyWarning, readKeyFile } from '../checkpoint/key-files.ts';

const EVERY = '10s';
/** Longer ones are none for a timer, which has 31 bits. */
const EVERY_MS_MAX = 2 ** 31 - 1;

export interface CheckpointFlags {
  readonly checkpoint?: string | undefined;
  readonly sign?: string | undefined;
  readonly name?: string | undefined;
  readonly 'checkpoint-every'?: string | undefined;
}

export class Checkpoints {
  readonly #engine: Completengine;
  readonly #file: CheckpointFile;
  readonly #options: CheckpointOptions;
  readonly #everyMs: number;
  readonly #onFailure: () => void;
  readonly warnings: readonly LedgerWarning[];
  #timer: NodeJS.Timeout | undefined;
  /** The checkpoint being made. */
  #making: Promise<void> = Promise.resolve();
  #failure: unknown;
  #hasEnded = false;

  private constructor(engine: Completengine, file: CheckpointFile, { options, everyMs, onFailure, warnings }: Begun) {
    this.#engine = engine;
    this.#file = file;
    this.#options = options;
    this.#everyMs = everyMs;
    this.#onFailure = onFailure;
    this.warnings = warnings;
  }

  /**
   * Null without the flags. The key is tried and the file is repaired before any event is read. `onFailure`: the emission is to end, {@link end} has the error.
   * @throws LedgerError as `checkpoint()` does, and for the files
   */
  static async begin(
    engine: Completengine,
    flags: CheckpointFlags,
    onFailure: () => void,
  ): Promise<Checkpoints | null> {
    const { checkpoint: path, sign: key, name, 'checkpoint-every': every = EVERY } = flags;
    if (path === undefined || key === undefined) return null;
    const options = { key: readKeyFile(key), name };
    const file = CheckpointFile.open(path);
    try {
      // fails for what is no key, and for a ledger that has gone back behind its last checkpoint
      await engine.checkpoint({ ...options, previous: file.last });
      const everyMs = Math.min(Math.max(1, Math.ceil(readDuration(every) / 1000)), EVERY_MS_MAX);
      const warnings = [file.torn, keyWarning(key)].filter((warning) => warning !== null);
      const begun = new Checkpoints(engine, file, { options, everyMs, onFailure, warnings });
      begun.#schedule();
      return begun;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Signs the head, unless the last checkpoint has it. @throws LedgerError what has failed since the beginning */
  async end(): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    try {
      await this.#making;
      clearTimeout(this.#timer);
      if (this.#failure !== undefined) throw this.#failure;
      await this.#make();
    } finally {
      this.#file.close();
    }
  }

  /** After a failure of the emission, which is reported: signs what was committed if the ledger can still be read. */
  async endAfterFailure(): Promise<void> {
    await this.end().catch(() => {});
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#making = this.#make().then(
        () => this.#schedule(),
        (error: unknown) => {
          this.#failure = error;
          this.#onFailure();
        },
      );
    }, this.#everyMs);
    // the end of the input ends the command
    this.#timer.unref();
  }

  async #make(): Promise<void> {
    const { last } = this.#file;
    if (last !== undefined && isAt(last, await this.#engine.head())) return;
    const { note } = await this.#engine.checkpoint({ ...this.#options, previous: last });
    this.#file.append(note);
  }
}

interface Begun {
  readonly options: CheckpointOptions;
  readonly everyMs: number;
  readonly onFailure: () => void;
  readonly warnings: readonly LedgerWarning[];
}

/** Whether a checkpoint is of a head. */
function isAt(note: string, { sequence, hash }: Head): boolean {
  const [, size, root] = note.split('\n', 3);
  return size === String(sequence) && root === Buffer.from(hash, 'hex').toString('base64');
}
