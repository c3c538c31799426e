/** Runs commands of which one numbered call fails, or is the last: see `fault-shim.c`. Needs Linux and a C compiler. */

import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { CliResult } from './cli-result.ts';
import { buildPreloaded, PRELOAD_PROBE } from './preloaded.ts';
import { ResidentCli } from './resident-cli.ts';

const SOURCE = new URL('./fault-shim.c', import.meta.url);
/** A test with a shim is skipped where this fails. */
export const SHIM_PROBE = PRELOAD_PROBE;

/** Of `struct control`: five numbers of 32 bits, then a path. */
const FAULT_AT = 0;
const INJECTED_AT = 16;
const DIRECTORY_AT = 20;
const PATH_MAX = 4096;

/**
 * What happens at the call: an error once; an error there and at each later call that needs space; or the end of the process, after half of what it writes.
 */
export const FAULTS = ['EIO', 'ENOSPC', 'kill'] as const;
type Fault = (typeof FAULTS)[number];

const KINDS: Record<Fault, readonly [kind: number, error: number]> = {
  EIO: [1, constants.errno.EIO],
  ENOSPC: [2, constants.errno.ENOSPC],
  kill: [3, 0],
};

/** A call by which a file below the directory is written, synced, made, named or removed. */
export interface FileCall {
  readonly name: string;
  /** Base name of the file; of a rename or a link, the new one. */
  readonly file: string;
}

export interface ShimmedRun extends CliResult {
  readonly calls: readonly FileCall[];
  /** How often the fault occurred. */
  readonly injected: number;
}

export interface Injection {
  readonly fault: Fault;
  /** Number of the call, from 1. */
  readonly at: number;
}

/** One resident command line under the shim. */
export class FaultShim {
  readonly #directory = mkdtempSync(join(tmpdir(), 'completengine-test-shim-'));
  readonly #controlPath = join(this.#directory, 'control');
  readonly #logPath = join(this.#directory, 'log');
  readonly #control: number;
  readonly #cli: ResidentCli;

  constructor() {
    const library = buildPreloaded(SOURCE, this.#directory);
    writeFileSync(this.#controlPath, Buffer.alloc(DIRECTORY_AT + PATH_MAX));
    writeFileSync(this.#logPath, '');
    this.#control = openSync(this.#controlPath, 'r+');
    const shim = { LD_PRELOAD: library, FAULT_CONTROL: this.#controlPath, FAULT_LOG: this.#logPath };
    this.#cli = new ResidentCli({ env: { ...process.env, ...shim } });
  }

  /** Runs a command. Its calls on files below `directory` count. */
  async run(args: readonly string[], directory: string, injection: Injection | null = null): Promise<ShimmedRun> {
    const [kind, error] = injection === null ? [0, 0] : KINDS[injection.fault];
    const control = Buffer.alloc(DIRECTORY_AT + PATH_MAX);
    control.write(realpathSync(directory), DIRECTORY_AT);
    for (const [at, value] of [kind, error, injection?.at ?? 0].entries())
      control.writeUInt32LE(value, FAULT_AT + 4 * at);
    truncateSync(this.#logPath);
    writeSync(this.#control, control, 0, control.length, 0);
    const result = await this.#cli.run(args);
    const after = readFileSync(this.#controlPath);
    const lines = readFileSync(this.#logPath, 'utf8').split('\n').slice(0, -1);
    const calls = lines.map((line) => {
      const space = line.indexOf(' ');
      return { name: line.slice(0, space), file: basename(line.slice(space + 1)) };
    });
    return { ...result, calls, injected: after.readUInt32LE(INJECTED_AT) };
  }

  close(): void {
    this.#cli.close();
    closeSync(this.#control);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
