/** Counts what came of the files, and keeps what went wrong with the words that make the file again. */

import { readFileSync } from 'node:fs';
import type { Bench, Outcome } from './trial.ts';

/** More are not needed to see what is wrong. */
const FAULTS_MAX = 200;

export class Tally {
  files = 0;
  readonly endings = new Map<string, number>();
  readonly families = new Map<string, number>();
  readonly faults: string[] = [];
  readonly #seed: number;
  /** Called with each fault when it is found. */
  readonly #onFault: (fault: string) => void;

  constructor(seed: number, onFault: (fault: string) => void) {
    this.#seed = seed;
    this.#onFault = onFault;
  }

  get isEnough(): boolean {
    return this.faults.length >= FAULTS_MAX;
  }

  add(number: number, { family, what, ending, faults }: Outcome): void {
    this.files++;
    count(this.endings, ending);
    count(this.families, family);
    for (const fault of faults) {
      const text = `COMPLETENGINE_TEST_FILE=${this.#seed}:${number} (${what}) ${fault}`;
      this.faults.push(text);
      this.#onFault(text);
    }
  }

  toString(): string {
    const { files, faults } = this;
    return JSON.stringify({
      seed: this.#seed,
      files,
      faults: faults.length,
      endings: Object.fromEntries(this.endings),
      families: Object.fromEntries(this.families),
    });
  }
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

/** What is wrong with the memory of the processes; one that took too much is ended, because its peak stays. */
export function faultOfMemory({ prober, cli }: Bench, megabytesMax: number): string[] {
  const processes = [
    { name: 'the library', pid: prober.pid, end: () => prober.close() },
    { name: 'the commands', pid: cli.pid, end: () => cli.kill() },
  ];
  return processes.flatMap(({ name, pid, end }) => {
    const peak = peakMegabytes(pid);
    if (peak <= megabytesMax) return [];
    end();
    return [`memory of ${name}: ${Math.round(peak)} MB`];
  });
}

function peakMegabytes(pid: number | undefined): number {
  if (pid === undefined) return 0;
  try {
    const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kib ?? 0) / 1024;
  } catch {
    // it has ended, or there is no /proc
    return 0;
  }
}
