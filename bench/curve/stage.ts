/** What every curve needs: the command line under a meter, a directory, and how often to measure. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { runScript } from '../../src/cli/bench/processes.ts';
import { median } from '../../src/cli/bench/samples.ts';
import type { Workplace } from '../../src/cli/bench/workplace.ts';
import type { Figures, Measured } from './document.ts';

/**
 * Required by each measured process: writes what the process has used until its exit. The peak is the kernel's figure for this program, because that of
 * `resourceUsage` may include the process before it executed Node.
 */
const METER = `
const { isMainThread } = require('node:worker_threads');
const { readFileSync, writeFileSync } = require('node:fs');
const peakKilobytes = () => {
  try {
    return Number(/^VmHWM:\\s+(\\d+) kB/m.exec(readFileSync('/proc/self/status', 'latin1'))[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
};
if (isMainThread) process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(__filename + '.json', JSON.stringify({ cpuMs: (user + system) / 1000, peakBytes: peakKilobytes() * 1024 }));
});
`;

/** Its standard output goes through a pipe, as in a shell, and is counted there. */
const COUNTED = '"$@" < /dev/null | wc -l';

export interface StageParts {
  /** Of the built package. */
  readonly root: string;
  readonly workplace: Workplace;
  /** Rounds of what is short; the median counts. What takes minutes is measured once. */
  readonly rounds: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export class Stage {
  readonly root: string;
  readonly workplace: Workplace;
  readonly rounds: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
  readonly #meter: string;

  constructor({ root, workplace, rounds, signal, onProgress }: StageParts) {
    this.root = root;
    this.workplace = workplace;
    this.rounds = rounds;
    this.signal = signal;
    this.onProgress = onProgress;
    this.#meter = workplace.path('meter.cjs');
    writeFileSync(this.#meter, METER);
  }

  /** Runs one command, and returns what it used and how many lines it printed. @throws LedgerError as `runScript` does; Error if it failed */
  async run(args: readonly string[]): Promise<Figures & { readonly lines: number }> {
    const note = `${this.#meter}.json`;
    rmSync(note, { force: true });
    const command = [process.execPath, '--require', this.#meter, `${this.root}/bin/run.js`, ...args];
    const { wallMs, stdout, stderr } = await runScript(COUNTED, command, this.signal);
    if (stderr.startsWith('error:')) throw new Error(`${args.join(' ')}: ${stderr.split('\n')[0]}`);
    const { cpuMs, peakBytes } = JSON.parse(readFileSync(note, 'utf8')) as Omit<Figures, 'wallMs'>;
    return { cpuMs, peakBytes, wallMs, lines: Number(stdout) };
  }

  /** Measures one command several times. `lines`: how many it must print; a figure of a command that did other work means nothing. */
  async measure(args: readonly string[], { lines, rounds = this.rounds }: { lines?: number; rounds?: number } = {}) {
    const figures: Figures[] = [];
    for (let round = 0; round < rounds; round++) {
      const { lines: printed, ...used } = await this.run(args);
      if (lines !== undefined && printed !== lines)
        throw new Error(`${args.join(' ')} printed ${printed} lines, and not ${lines}`);
      figures.push(used);
    }
    return medianOf(figures);
  }

  /** A new ledger. */
  async create(args: readonly string[]): Promise<string> {
    const directory = this.workplace.path('ledger');
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    mkdirSync(directory);
    const ledger = `${directory}/events.codex`;
    await this.run(['init', '--ledger', ledger, ...args]);
    return ledger;
  }

  /** Emits a file into a new ledger in each round; the last one is kept. */
  async emitInto(init: readonly string[], input: string, rounds = this.rounds) {
    const figures: Figures[] = [];
    let ledger = '';
    for (let round = 0; round < rounds; round++) {
      ledger = await this.create(init);
      // what is not written yet, of the input and of a ledger that was removed, would be written on its time
      await runScript('sync', [], this.signal);
      const { lines: _, ...used } = await this.run(['emit', '--quiet', '--ledger', ledger, input]);
      figures.push(used);
    }
    return { ledger, emit: medianOf(figures) };
  }
}

export function medianOf(figures: readonly Figures[]): Measured {
  const of = (figure: keyof Figures) => Math.round(median(figures.map((each) => each[figure])) * 10) / 10;
  return { cpuMs: of('cpuMs'), wallMs: of('wallMs'), peakBytes: of('peakBytes'), rounds: figures.length };
}
