/** Delivers batches to a command: one run of it for each delivery, with the events on its standard input. Exit 0 takes the delivery. */

import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { EventBatch } from '../model/event.ts';
import { LedgerError } from '../model/ledger-error.ts';
import type { EventForm, EventLabels } from './event-form.ts';
import type { Sink } from './stream-sink.ts';

type Ending = { readonly code: number | null; readonly signal: NodeJS.Signals | null } | { readonly error: Error };

/** The next run begins when this one has ended, so that a slow command is never asked for more than one delivery. */
export class CommandSink implements Sink {
  readonly #command: string;
  readonly #form: EventForm;
  readonly #signal: AbortSignal | undefined;

  /** `command` is the shell's. An abort lets the run in hand come to its end. */
  constructor(command: string, form: EventForm, signal?: AbortSignal) {
    this.#command = command;
    this.#form = form;
    this.#signal = signal;
  }

  /** @throws LedgerError COMMAND_FAILED when the command does not end with 0. */
  async deliver(batches: readonly EventBatch[], labels: EventLabels): Promise<boolean> {
    const told = batches.filter(({ count }) => count > 0);
    if (told.length === 0) return true;
    const ending = await this.#run(told, labels);
    if ('code' in ending && ending.code === 0) return true;
    // Ctrl-C reaches the command as well
    if (this.#signal?.aborted) return false;
    throw this.#failure(ending);
  }

  async #run(batches: readonly EventBatch[], labels: EventLabels): Promise<Ending> {
    const child = spawn(this.#command, { shell: true, stdio: ['pipe', 'inherit', 'inherit'] });
    const ending = new Promise<Ending>((resolve) => {
      child.on('error', (error) => resolve({ error }));
      child.on('close', (code, signal) => resolve({ code, signal }));
    });
    // where no pipe could be made the child has none, whatever its type says
    if (child.pid === undefined) return ending;
    // a command that has seen enough closes its input; its exit code says whether that was all it wanted
    child.stdin.on('error', () => {});
    try {
      for (const batch of batches) for (const piece of this.#form(batch, labels)) await written(child.stdin, piece);
    } finally {
      child.stdin.end();
    }
    return ending;
  }

  #failure(ending: Ending): LedgerError {
    const how = 'error' in ending ? `could not be started: ${ending.error.message}` : `ended with ${ending.signal ?? `exit code ${ending.code}`}`;
    return new LedgerError('COMMAND_FAILED', {
      message: `the command '${this.#command.slice(0, 200)}' ${how}`,
      hint: 'mend the command; its last delivery counts as not delivered',
      details: { command: this.#command, ...('error' in ending ? {} : ending) },
      cause: 'error' in ending ? ending.error : undefined,
    });
  }
}

/** Resolves when the command can take more, or takes no more at all. */
async function written(input: Writable, piece: Buffer): Promise<void> {
  if (input.destroyed || input.write(piece) || input.destroyed) return;
  await new Promise<void>((resolve) => {
    const settle = (): void => {
      input.off('drain', settle);
      input.off('close', settle);
      resolve();
    };
    input.on('drain', settle);
    input.on('close', settle);
  });
}
