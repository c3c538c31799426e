/** Runs commands of the product under the recorder (`recorder.c`), in a directory of their own. Needs Linux and a C compiler. */

import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect } from 'vitest';
import type { CliResult } from '../../support/cli-result.ts';
import { buildPreloaded } from '../../support/preloaded.ts';
import { ResidentCli, type ResidentOptions } from '../../support/resident-cli.ts';
import { Seeded } from '../../support/seeded.ts';
import { wasKilled } from '../../support/traced.ts';
import { until } from '../../support/until.ts';
import { DiskModel } from './disk-model.ts';
import { type Call, logRecord, parseLog } from './recording.ts';
import { writeImage } from './states.ts';
import { survivorsOf } from './survivors.ts';

const SOURCE = new URL('./recorder.c', import.meta.url);

/** Kinds of calls that can be made to fail, in the order of `recorder.c`. `name`: rename and link; `remove`: unlink and rmdir. */
export const CALL_KINDS = ['write', 'sync', 'truncate', 'open', 'name', 'remove', 'mkdir'] as const;
export type CallKind = (typeof CALL_KINDS)[number];

/** What the call then says. `ENOSPC` and `EDQUOT` take half of what was to be written. */
export const ERRORS = ['EIO', 'ENOSPC', 'EROFS', 'EDQUOT'] as const;

/** Of `struct control`: after the lock six numbers of 32 bits, two and one for each kind of call, then a path. */
const FAULT_AT = 64;
const FIRED_AT = FAULT_AT + 16;
const OUTPUTS_AT = FAULT_AT + 20;
const CALL_AT = FAULT_AT + 24;
const ERROR_AT = FAULT_AT + 28;
const COUNTS_AT = FAULT_AT + 32;
const DIRECTORY_AT = COUNTS_AT + 4 * CALL_KINDS.length;
const PATH_MAX = 4096;

const FAULTS = {
  none: 0,
  'skip syncs': 1,
  'fail a sync': 2,
  'hide a failed sync': 3,
  'kill in a write': 4,
  'fail syncs from then on': 5,
  'fail a sync and kill': 6,
  'fail a call': 7,
} as const;
const FILES = { wal: 1, ledger: 2, directory: 4, other: 8 } as const;

export interface RecordedFault {
  readonly fault: Exclude<keyof typeof FAULTS, 'none' | 'fail a call'>;
  readonly files: keyof typeof FILES;
  /** Number of the call, from 1; each if it is left out. */
  readonly at?: number;
}

/** One call of one command fails, and no other. */
export interface FailedCall {
  readonly call: CallKind;
  /** `hidden`: of a sync, which passes for a good one. */
  readonly error: (typeof ERRORS)[number] | 'hidden';
  /** Number of the call among those of its kind that the command makes in the directory, from 1. */
  readonly at: number;
}

export interface Attempt extends CliResult {
  /** How many calls of each kind the command made. */
  readonly counts: Readonly<Record<CallKind, number>>;
  /** File of the call that was made to fail, relative to the directory; null if none was. */
  readonly failedPath: string | null;
}

export interface StepOptions extends Pick<ResidentOptions, 'input' | 'appendTo'> {
  /** Exit code; null if the command is killed. */
  readonly code?: number | null;
}

/** Where the commands of a scenario run. */
export interface Site {
  readonly directory: string;
  /** One recorded command, whose end acknowledges what it has done. `step`: its name in the recording. */
  run(step: string, args: readonly string[], options?: StepOptions): Promise<CliResult>;
  /** One that may end in any way, while one of its calls fails; then it has another process than all other commands. Its end acknowledges something if it has the code of success, and no error. */
  attempt(step: string, args: readonly string[], fault: FailedCall | null, options?: StepOptions): Promise<Attempt>;
  /** Several at the same time, in a process each. */
  runTogether(step: string, commands: readonly (readonly string[])[]): Promise<void>;
  /**
   * Runs a command, and another one while the first waits for the rest of its input, which is empty: a named pipe is its last argument. The other one begins after this many
   * outputs of the first.
   */
  runBeside(step: string, waiting: readonly string[], outputs: number, other: readonly string[]): Promise<void>;
  /** What happens to the calls from now on. */
  inject(fault: RecordedFault | null): void;
}

export interface RecordedScenario {
  /** Makes the files that are on the disk before the recording begins. */
  prepare(directory: string): Promise<void>;
  run(site: Site): Promise<void>;
  /** Whether the calls are what the scenario is about, where its commands alone do not ensure that. */
  isMet?(calls: readonly Call[]): boolean;
}

export class Recorder {
  readonly #directory = realpathSync(mkdtempSync(join(tmpdir(), 'completengine-test-recorder-')));
  readonly #controlPath = join(this.#directory, 'control');
  readonly #logPath = join(this.#directory, 'log');
  readonly #control: number;
  readonly #env: NodeJS.ProcessEnv;
  readonly #clis: ResidentCli[] = [];

  constructor() {
    writeFileSync(this.#controlPath, Buffer.alloc(DIRECTORY_AT + PATH_MAX));
    writeFileSync(this.#logPath, '');
    this.#control = openSync(this.#controlPath, 'r+');
    const library = buildPreloaded(SOURCE, this.#directory);
    this.#env = {
      ...process.env,
      LD_PRELOAD: library,
      RECORDER_CONTROL: this.#controlPath,
      RECORDER_LOG: this.#logPath,
      // calls that libuv gives to the kernel in a ring are no calls of the C library
      UV_USE_IO_URING: '0',
    };
  }

  /** Returns the log. `fault`: of the whole recording. @throws if the recorded calls do not make the files that are there at the end, or are not what the scenario is about. */
  async record(scenario: RecordedScenario, fault: RecordedFault | null = null): Promise<Buffer> {
    const directory = join(this.#directory, 'files');
    mkdirSync(directory);
    try {
      await scenario.prepare(directory);
      truncateSync(this.#logPath);
      this.#logFiles(directory);
      this.#setFault(fault, directory);
      await scenario.run(this.#site(directory));
      const isFired = fault === null || this.#counted(FIRED_AT) > 0;
      this.#setFault(null, '');
      expect(isFired, 'the fault did not occur').toBe(true);
      const log = readFileSync(this.#logPath);
      const calls = parseLog(log);
      this.#expectComplete(calls, directory);
      expect(scenario.isMet?.(calls) ?? true, 'the recording does not have what the scenario is about').toBe(true);
      return log;
    } finally {
      this.#setFault(null, '');
      rmSync(directory, { recursive: true, force: true });
    }
  }

  close(): void {
    for (const cli of this.#clis) cli.close();
    closeSync(this.#control);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #site(directory: string): Site {
    const mark = (kind: string, step: string): void => appendFileSync(this.#logPath, logRecord(kind, step));
    return {
      directory,
      run: async (step, args, { code = 0, ...options } = {}) => {
        mark('<', step);
        const result = await this.#cli(0).run(args, { cwd: directory, ...options });
        if (code === null) expect(wasKilled(result), `${step} was to be killed: ${result.stderr}`).toBe(true);
        else expect({ step, code: result.code }, result.stderr).toEqual({ step, code });
        if (code === null) expect(this.#counted(FIRED_AT), `${step}: the kill did not occur`).toBe(1);
        else mark('>', step);
        return result;
      },
      attempt: async (step, args, fault, { code = 0, ...options } = {}) => {
        mark('<', step);
        // those of a shell that redirects the output
        const redirected = Object.keys(options.appendTo ?? {}).length;
        const at = (fault?.at ?? 0) + (fault?.call === 'open' ? redirected : 0);
        this.#setFault(null, directory, fault === null ? null : { ...fault, at });
        const result = await this.#cli(fault === null ? 0 : 1).run(args, { cwd: directory, ...options });
        const failed = parseLog(readFileSync(this.#logPath)).find(({ kind }) => kind === 'failed');
        const counts = Object.fromEntries(
          CALL_KINDS.map((kind, nth) => [
            kind,
            this.#counted(COUNTS_AT + 4 * nth) - (kind === 'open' ? redirected : 0),
          ]),
        );
        this.#setFault(null, directory);
        // a standard output that has failed stays so in its process
        if (failed?.kind === 'failed' && Object.values(options.appendTo ?? {}).includes(failed.path))
          this.#cli(1).kill();
        // a code of success may be that of an error, too
        if (result.code === code && !/^error: /m.test(result.stderr)) mark('>', step);
        return {
          ...result,
          counts: counts as Attempt['counts'],
          failedPath: failed?.kind === 'failed' ? failed.path : null,
        };
      },
      runTogether: async (step, commands) => {
        mark('<', step);
        const results = await Promise.all(commands.map((args, at) => this.#cli(at).run(args, { cwd: directory })));
        for (const { code, stderr } of results) expect(code, stderr).toBe(0);
        mark('>', step);
      },
      runBeside: async (step, waiting, outputs, other) => {
        mark('<', step);
        const pipe = join(this.#directory, 'rest');
        execFileSync('mkfifo', ['-m', '600', pipe]);
        const first = this.#cli(0).run([...waiting, pipe], { cwd: directory });
        await until(() => this.#counted(OUTPUTS_AT) >= outputs);
        const second = await this.#cli(1).run(other, { cwd: directory });
        await writeFile(pipe, '');
        for (const { code, stderr } of [await first, second]) expect(code, stderr).toBe(0);
        rmSync(pipe);
        mark('>', step);
      },
      inject: (fault) => this.#setFault(fault, directory),
    };
  }

  #cli(at: number): ResidentCli {
    this.#clis[at] ??= new ResidentCli({ env: this.#env });
    return this.#clis[at];
  }

  #setFault(fault: RecordedFault | null, directory: string, failed: FailedCall | null = null): void {
    const control = Buffer.alloc(DIRECTORY_AT + PATH_MAX - FAULT_AT);
    control.writeUInt32LE(FAULTS[fault?.fault ?? (failed === null ? 'none' : 'fail a call')], 0);
    control.writeUInt32LE(fault === null ? 0 : FILES[fault.files], 4);
    control.writeUInt32LE(fault?.at ?? failed?.at ?? 0, 8);
    if (failed !== null) {
      control.writeUInt32LE(CALL_KINDS.indexOf(failed.call), CALL_AT - FAULT_AT);
      control.writeUInt32LE(failed.error === 'hidden' ? 0 : constants.errno[failed.error], ERROR_AT - FAULT_AT);
    }
    control.write(directory, DIRECTORY_AT - FAULT_AT);
    writeSync(this.#control, control, 0, control.length, FAULT_AT);
  }

  /** A number that the recorder counts up. */
  #counted(at: number): number {
    return readFileSync(this.#controlPath).readUInt32LE(at);
  }

  /** Puts the files that are there into the log, as calls before its start. */
  #logFiles(directory: string): void {
    const records: Buffer[] = [];
    for (const path of pathsIn(directory)) {
      const stats = statSync(path);
      const name = relative(directory, path);
      if (stats.isDirectory()) records.push(logRecord('M', name));
      else {
        records.push(logRecord('C', name, { file: stats.ino }));
        records.push(logRecord('W', name, { file: stats.ino, data: readFileSync(path) }));
      }
    }
    writeFileSync(this.#logPath, Buffer.concat([...records, logRecord('|', '')]));
  }

  /** A power cut that takes nothing leaves exactly the files that are there. */
  #expectComplete(calls: readonly Call[], directory: string): void {
    const everything = survivorsOf('everything survives', new Seeded(0), calls.length);
    const twin = join(this.#directory, 'twin');
    mkdirSync(twin);
    try {
      writeImage(DiskModel.after(calls, calls.length).cut(everything).root, twin);
      const [recorded, real] = [twin, directory].map((place) => pathsIn(place).map((path) => relative(place, path)));
      expect(recorded).toEqual(real);
      const different = (real ?? []).filter((name) => {
        const path = join(directory, name);
        return statSync(path).isFile() && !readFileSync(path).equals(readFileSync(join(twin, name)));
      });
      expect(different, 'files that were changed by calls that are not recorded').toEqual([]);
    } finally {
      rmSync(twin, { recursive: true, force: true });
    }
  }
}

/** All files and directories below, but for -shm. */
function pathsIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.endsWith('-shm'))
    .sort()
    .map((name) => join(directory, name));
}
