/** Runs group members as processes that write to files what each received, in order, and which faults it had. */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, createReadStream, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { BIN } from './cli.ts';
import { tempDir } from './temp-dir.ts';

/** One delivered event, and whether its member could acknowledge it. */
export interface WrittenEvent {
  readonly sequence: number;
  readonly partition: string;
  readonly offset: number;
  readonly isRefused: boolean;
}

export class MemberProcess {
  readonly child: ChildProcess;
  readonly name: string;
  wasKilled = false;
  readonly #output: string;
  readonly #errors: string;
  readonly ended: Promise<number | null>;

  constructor(ledger: string, group: string, name: string, args: readonly string[]) {
    const directory = tempDir();
    this.name = name;
    this.#output = join(directory, 'output');
    this.#errors = join(directory, 'errors');
    const files = [openSync(this.#output, 'w'), openSync(this.#errors, 'w')] as const;
    const command = [BIN, 'tail', '-l', ledger, '-g', group, '--member', name, '-o', 'envelope', ...args];
    this.child = spawn(process.execPath, command, { stdio: ['ignore', ...files] });
    for (const file of files) closeSync(file);
    this.ended = new Promise((resolve) => this.child.on('close', (code) => resolve(code)));
    onTestFinished(() => {
      this.child.kill('SIGKILL');
    });
  }

  /** Its standard error, except reports of lost leases. */
  get complaints(): string[] {
    return this.#said.split('\n').filter((line) => line !== '' && !line.includes('not acknowledged'));
  }

  /** `partition/offset` of events it delivered but could not acknowledge, with counts. */
  get refused(): Map<string, number> {
    const places = new Map<string, number>();
    for (const [, count = '1', partition, offset] of this.#said.matchAll(
      /^(?:([\d,]+) events from )?(p\d+)\/(\d+).*: not acknowledged/gm,
    )) {
      for (let at = 0; at < Number(count.replaceAll(',', '')); at++) {
        const place = `${partition}/${Number(offset) + at}`;
        places.set(place, (places.get(place) ?? 0) + 1);
      }
    }
    return places;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Suspends the process for this long. */
  async pause(ms: number): Promise<void> {
    this.child.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.child.kill('SIGCONT');
  }

  kill(): void {
    this.wasKilled = true;
    this.child.kill('SIGKILL');
  }

  /** All events, as written. */
  async *given(): AsyncGenerator<WrittenEvent, void, undefined> {
    const refused = this.refused;
    for await (const line of createInterface({ input: createReadStream(this.#output) })) {
      // the last line of a killed member may be incomplete
      const match = /^\{"sequence":(\d+),"partition":"(p\d+)","offset":(\d+),.*\}$/.exec(line);
      if (match === null) continue;
      const [, sequence, partition = '', offset] = match;
      const place = `${partition}/${offset}`;
      const refusals = refused.get(place) ?? 0;
      if (refusals > 0) refused.set(place, refusals - 1);
      yield { sequence: Number(sequence), partition, offset: Number(offset), isRefused: refusals > 0 };
    }
  }

  get #said(): string {
    return readFileSync(this.#errors, 'utf8');
  }
}
