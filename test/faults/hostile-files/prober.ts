/** Reads ledgers with the library in a process that is killed when it takes too long. */

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LedgerErrorCode } from '../../../src/index.ts';
import { OPTIMIZE_LATER } from '../../support/node-flags.ts';

interface Failure {
  readonly code: LedgerErrorCode;
  readonly message: string;
}

/** What strict replay of the whole ledger and verification give. */
export interface Probe {
  /** Everything that an event has, of each, in the order of their delivery. */
  readonly events: readonly string[];
  readonly failure: Failure | null;
  /** Null if the ledger could not be opened. */
  readonly verified: Failure | { readonly events: number } | null;
}

/** In place of a probe: it was killed at the limit, or ended by a signal or an error that is no error of the library. */
export type Crash = { readonly hang: true } | { readonly stack: string };

const SCRIPT = fileURLToPath(new URL('./probe.js', import.meta.url));

export class Prober {
  readonly #limitMs: number;
  readonly #heapMb: number;
  #child: ChildProcess | undefined;

  constructor(limitMs: number, heapMb: number) {
    this.#limitMs = limitMs;
    this.#heapMb = heapMb;
  }

  /** Null before the first probe. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async probe(ledger: string): Promise<Probe | Crash> {
    const child = this.#process();
    let isLate = false;
    const limit = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, this.#limitMs);
    try {
      return await new Promise<Probe | Crash>((resolve) => {
        child.once('message', (answer) => resolve(answer as Probe | Crash));
        child.once('exit', (code, signal) => {
          this.#child = undefined;
          resolve(isLate ? { hang: true } : { stack: `the process ended with ${signal ?? `exit code ${code}`}` });
        });
        child.send({ ledger });
      });
    } finally {
      clearTimeout(limit);
      child.removeAllListeners('message').removeAllListeners('exit');
    }
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #process(): ChildProcess {
    this.#child ??= fork(SCRIPT, {
      execArgv: [...OPTIMIZE_LATER, `--max-old-space-size=${this.#heapMb}`],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    return this.#child;
  }
}
