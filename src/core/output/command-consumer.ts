/** Delivers batches to a command: one run of it for each, the events as JSON lines on its standard input. Exit 0 means delivered. */

import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { LedgerError } from '../model/ledger-error.ts';
import type { Delivery } from './delivery.ts';

export interface CommandConsumerOptions {
  /** For the shell. */
  readonly command: string;
  /** What the command finds around it; the facts of a delivery are added. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The events as bytes. */
  form(delivery: Delivery): Buffer;
  /** What the command says to standard error, as it comes. */
  onStderr(bytes: Buffer): void;
  /** Kills what is at work. */
  readonly forced?: AbortSignal | undefined;
}

/** A command that has not taken its events: how it ended, and what it said last. */
export class CommandFailure extends Error {
  readonly lastLines: string;

  constructor(fact: string, lastLines: string) {
    super(fact);
    this.lastLines = lastLines;
  }
}

/** What is kept of standard error. */
const LAST_BYTES = 4096;
const LAST_LINES = 10;
/** What a shell answers where there is no such command, or it may not be run. */
const UNUSABLE = new Map([
  [126, 'may not be run'],
  [127, 'was not found'],
]);

export class CommandConsumer {
  readonly #options: CommandConsumerOptions;

  constructor(options: CommandConsumerOptions) {
    this.#options = options;
  }

  /** @throws CommandFailure, or CONSUMER_UNUSABLE where there is no such command. */
  async deliver(delivery: Delivery): Promise<void> {
    const { command, onStderr, forced } = this.#options;
    // in a group of its own: Ctrl-C lets it finish what it has in hand, and a kill reaches all of a pipeline
    const child = spawn('/bin/sh', ['-c', command], { env: this.#environment(delivery), stdio: ['pipe', 'inherit', 'pipe'], detached: true });
    const ending = ended(child);
    // where no pipe could be made the child has none, whatever its type says
    if (child.pid === undefined) await ending;
    let said: Buffer = Buffer.alloc(0);
    child.stderr.on('data', (bytes: Buffer) => {
      said = Buffer.concat([said, bytes]).subarray(-LAST_BYTES);
      onStderr(bytes);
    });
    // a command need not read its input to have succeeded
    child.stdin.on('error', () => {});
    const kill = (): void => killGroup(child);
    const reasons = [delivery.signal, ...(forced === undefined ? [] : [forced])];
    for (const reason of reasons) reason.addEventListener('abort', kill);
    try {
      child.stdin.end(this.#options.form(delivery));
      const { code, signal } = await ending;
      if (code === 0 && !delivery.signal.aborted) return;
      const unusable = UNUSABLE.get(code ?? 0);
      if (unusable !== undefined) throw cannotRun(command, unusable);
      throw new CommandFailure(howItEnded(code, signal, delivery.signal), lastLines(said));
    } finally {
      for (const reason of reasons) reason.removeEventListener('abort', kill);
      // a daemon it has left behind may hold it for ever, and may go on talking while we are there
      if (child.stderr instanceof Socket) child.stderr.unref();
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
}

function ended(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(cannotRun('/bin/sh', error.message)));
    // not 'close': a daemon it has left behind may hold its standard error for ever
    child.on('exit', (code, signal) => setImmediate(() => resolve({ code, signal })));
  });
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}

function howItEnded(code: number | null, signal: NodeJS.Signals | null, timeout: AbortSignal): string {
  if (timeout.aborted) return (timeout.reason as Error).message;
  return code === null ? `ended by ${signal}` : `exit code ${code}`;
}

function lastLines(said: Buffer): string {
  return said.toString('utf8').trimEnd().split('\n').slice(-LAST_LINES).join('\n');
}

function cannotRun(command: string, fact: string): LedgerError {
  return new LedgerError('CONSUMER_UNUSABLE', {
    message: `the command ${fact}: ${command.slice(0, 200)}`,
    hint: 'check it in your shell; nothing was acknowledged, and nothing is parked for it',
    details: { command },
  });
}
