/** Members of a group as processes: what each of them was given, in order, and what was done to it. */

import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { startCli } from './cli.ts';
import type { Envelope } from './ledger-cli.ts';

export class MemberProcess {
  readonly name: string;
  readonly child: ChildProcessWithoutNullStreams;
  /** `partition/offset` of each event, as it was written. */
  readonly given: { readonly partition: string; readonly offset: number }[] = [];
  /** It was never paused or killed. */
  isHealthy = true;
  stderr = '';
  readonly ended: Promise<number | null>;

  constructor(ledger: string, group: string, name: string, args: readonly string[]) {
    this.name = name;
    this.child = startCli(['tail', '-l', ledger, '-g', group, '--member', name, '-o', 'envelope', ...args]);
    this.child.stderr.on('data', (bytes: Buffer) => {
      this.stderr += bytes.toString();
    });
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      // the last line of a member that was killed may be half a line
      if (!line.endsWith('}')) return;
      const { partition, offset } = JSON.parse(line) as Envelope;
      this.given.push({ partition, offset });
    });
    this.ended = new Promise((resolve) => this.child.on('close', (code) => resolve(code)));
    onTestFinished(() => {
      this.child.kill('SIGKILL');
    });
  }

  /** What it delivered and was not allowed to stand behind. */
  get refused(): Set<string> {
    const places = new Set<string>();
    for (const [, count, partition, offset] of this.stderr.matchAll(/^(?:(\d+) events from )?(p\d+)\/(\d+).*: the lease had gone/gm)) {
      for (let at = 0; at < Number(count ?? 1); at++) places.add(`${partition}/${Number(offset) + at}`);
    }
    return places;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** For so long it does nothing, and does not know it. */
  async pause(ms: number): Promise<void> {
    this.isHealthy = false;
    this.child.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.child.kill('SIGCONT');
  }

  kill(): void {
    this.isHealthy = false;
    this.child.kill('SIGKILL');
  }
}
