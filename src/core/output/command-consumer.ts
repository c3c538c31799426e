/**
 * Delivers batches to a command, one run per delivery, with their position in its environment. Exit code 0 means
 * delivered; anything else is retried.
 */

import { documentOf } from '../formats/document.ts';
import { type EventFormat, FORMAT } from '../formats/event-format.ts';
import { LedgerError } from '../model/ledger-error.ts';
import type { OptionTable } from '../model/options/option-kinds.ts';
import { hook, kindOf, required, signal, text } from '../model/options/option-kinds.ts';
import { readOptions } from '../model/options/options.ts';
import { type CommandExit, checkCommand, describeExit, runCommand, StartFailure } from './command-run.ts';
import type { Delivery } from './delivery.ts';
import { LastLines } from './last-lines.ts';

export interface CommandConsumerOptions {
  /** Command line for the shell. */
  readonly command: string;
  /** Base environment of the command; the facts of a delivery are added. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Each run reads a document of its own. */
  readonly format: EventFormat;
  /** Called for each run: returns the receiver of its standard error, chunk by chunk. */
  openStderr(): (bytes: Buffer) => void;
  /** Ends the current runs at once. */
  readonly signal?: AbortSignal | undefined;
}

/** A command that failed to take its events: how it ended, and its last lines of standard error. */
export class CommandFailure extends Error {
  readonly lastLines: string;

  constructor(fact: string, lastLines: string) {
    super(fact);
    this.lastLines = lastLines;
  }
}

const OPTIONS: OptionTable<CommandConsumerOptions> = {
  command: required(text),
  environment: required(kindOf('an object of strings', (value) => typeof value === 'object' && value !== null)),
  format: required(FORMAT),
  openStderr: required(hook()),
  signal,
};

/** Exit codes of a shell for a command that does not exist or is not executable. */
const UNUSABLE = new Map([
  [126, 'may not be run'],
  [127, 'was not found'],
]);

export class CommandConsumer {
  readonly #options: CommandConsumerOptions;

  /** @throws LedgerError INVALID_ARGUMENT for an empty command */
  constructor(options: CommandConsumerOptions) {
    this.#options = readOptions('new CommandConsumer()', options, OPTIONS);
    checkCommand(this.#options.command);
  }

  /** @throws CommandFailure, or CONSUMER_UNUSABLE if there is no such command */
  async deliver(delivery: Delivery): Promise<void> {
    const said = new LastLines();
    const exit = await this.#run(delivery, said);
    if (delivery.signal.aborted) throw new CommandFailure((delivery.signal.reason as Error).message, said.toString());
    if (exit.code === 0) return;
    const unusable = UNUSABLE.get(exit.code ?? 0);
    if (unusable !== undefined) throw this.#unusable(unusable);
    throw new CommandFailure(describeExit(exit), said.toString());
  }

  async #run(delivery: Delivery, said: LastLines): Promise<CommandExit> {
    const { command, format, openStderr, signal } = this.#options;
    const pass = openStderr();
    const onStderr = (bytes: Buffer): void => {
      said.add(bytes);
      pass(bytes);
    };
    const endedBy = signal === undefined ? [delivery.signal] : [delivery.signal, signal];
    const input = documentOf(delivery.batches, delivery.labels, format);
    try {
      return await runCommand(command, input, { environment: this.#environment(delivery), onStderr, endedBy });
    } catch (error) {
      if (!(error instanceof StartFailure)) throw error;
      throw this.#unusable(`cannot be started (${error.message})`, error);
    }
  }

  #environment(delivery: Delivery): NodeJS.ProcessEnv {
    return {
      ...this.#options.environment,
      COMPLETENGINE_GROUP: delivery.group ?? '',
      COMPLETENGINE_PARTITION: delivery.partition ?? '',
      COMPLETENGINE_FIRST_OFFSET: String(delivery.firstOffset),
      COMPLETENGINE_LAST_OFFSET: String(delivery.lastOffset),
      COMPLETENGINE_ATTEMPT: String(delivery.attempt),
    };
  }

  #unusable(fact: string, cause?: unknown): LedgerError {
    const { command } = this.#options;
    return new LedgerError('CONSUMER_UNUSABLE', {
      message: `the command ${fact}: ${command.slice(0, 200)}`,
      hint: 'check it in your shell; nothing was acknowledged, and nothing is parked for it',
      details: { command },
      cause,
    });
  }
}
