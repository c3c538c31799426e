/**
 * Delivers batches to a command, one run per delivery. Exit code 0 accepts the delivery; anything else ends the stream.
 */

import { documentOf } from '../formats/document.ts';
import { type EventFormat, FORMAT } from '../formats/event-format.ts';
import { FieldWatch, type MissingFields } from '../formats/field-watch.ts';
import type { EventBatch } from '../model/events/event.ts';
import type { EventLabels } from '../model/events/event-labels.ts';
import { LedgerError } from '../model/ledger-error.ts';
import { readArgument } from '../model/options/options.ts';
import { type CommandExit, checkCommand, describeExit, runCommand, StartFailure } from './command-run.ts';
import type { Sink } from './stream-sink.ts';

/** Runs are sequential, so a slow command never has more than one delivery. */
export class CommandSink implements Sink {
  readonly #command: string;
  readonly #format: EventFormat;
  readonly #signal: AbortSignal | undefined;
  readonly #fields: FieldWatch | undefined;

  /**
   * `command`: a shell command line; each run reads a document of its own. An abort lets the current run finish.
   * @throws LedgerError INVALID_ARGUMENT if it is empty
   */
  constructor(command: string, format: EventFormat, signal?: AbortSignal) {
    checkCommand(command);
    this.#command = command;
    this.#format = readArgument('new CommandSink()', 'format', format, FORMAT);
    this.#signal = signal;
    this.#fields = format.paths === undefined ? undefined : new FieldWatch(format.paths);
  }

  get missing(): MissingFields | undefined {
    return this.#fields;
  }

  /** @throws LedgerError COMMAND_FAILED if the command does not exit with 0 */
  async deliver(batches: readonly EventBatch[], labels: EventLabels): Promise<boolean> {
    this.#fields?.see(batches);
    const pieces = documentOf(batches, labels, this.#format);
    const first = pieces.next();
    if (first.done) return true;
    const exit = await this.#run(prepend(first.value, pieces));
    if (exit.code === 0) return true;
    // Ctrl-C reaches the command as well
    if (this.#signal?.aborted) return false;
    throw this.#failure(`ended with ${describeExit(exit)}`, { details: exit });
  }

  async #run(pieces: Iterable<Buffer>): Promise<CommandExit> {
    try {
      return await runCommand(this.#command, pieces);
    } catch (error) {
      if (!(error instanceof StartFailure)) throw error;
      throw this.#failure(`could not be started: ${error.message}`, { cause: error });
    }
  }

  #failure(how: string, { details, cause }: { readonly details?: CommandExit; readonly cause?: unknown }): LedgerError {
    return new LedgerError('COMMAND_FAILED', {
      message: `the command '${this.#command.slice(0, 200)}' ${how}`,
      hint: 'fix the command; its last delivery counts as not delivered',
      details: { command: this.#command, ...details },
      cause,
    });
  }
}

function* prepend(first: Buffer, rest: Iterable<Buffer>): Generator<Buffer, void, undefined> {
  yield first;
  yield* rest;
}
