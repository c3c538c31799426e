/** Wraps programs that inject faults. Without the program the test is skipped, with a message. */

import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { onTestFinished, type TestContext } from 'vitest';
import { type CliResult, finished } from './cli.ts';
import { ResidentCli } from './resident-cli.ts';

/** Kills the processes of a failed test. */
export function killAfterTest(child: ChildProcess): void {
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
}

/** Why a probe fails, or null, by its command line: what a machine has does not change in a run. */
const probed = new Map<string, string | null>();

/** Skips unless the probe succeeds. */
export function needs(context: TestContext, program: string, ...args: readonly string[]): void {
  const line = [program, ...args].join(' ');
  let reason = probed.get(line);
  if (reason === undefined) {
    const probe = spawnSync(program, args, { encoding: 'utf8', timeout: 10_000 });
    reason = probe.status === 0 ? null : `${line}: ${probe.error?.message ?? probe.stderr.trim()}`;
    probed.set(line, reason);
  }
  if (reason === null) return;
  process.stderr.write(`\nSKIPPED: '${context.task.name}' proves nothing here, because ${reason}\n`);
  context.skip(reason);
}

/** Starts a program, which is killed after the test. */
export function startProgram(program: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  const child = spawn(program, args);
  killAfterTest(child);
  return child;
}

export function runProgram(
  program: string,
  args: readonly string[],
  input: string | Buffer = '',
  env = process.env,
): Promise<CliResult> {
  const child = spawn(program, args, { env });
  const result = finished(child);
  child.stdin.end(input);
  return result;
}

/** A file system of a given size, visible only to the programs that run in it. Removed after the test. */
export class SmallDisk {
  readonly directory: string;
  readonly #holder: ChildProcessWithoutNullStreams;
  #cli: ResidentCli | undefined;

  private constructor(directory: string, holder: ChildProcessWithoutNullStreams) {
    this.directory = directory;
    this.#holder = holder;
  }

  static async mount(directory: string, size: string): Promise<SmallDisk> {
    const script = 'mount -t tmpfs -o size="$2",mode=700 tmpfs "$1" && echo mounted && read _';
    const holder = spawn('unshare', [
      '--user',
      '--map-root-user',
      '--mount',
      'sh',
      '-c',
      script,
      'sh',
      directory,
      size,
    ]);
    killAfterTest(holder);
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve());
      holder.once('exit', (code) => reject(new Error(`the small disk could not be mounted: ${code}`)));
    });
    return new SmallDisk(directory, holder);
  }

  /** The command line that runs a command with the disk visible. */
  command(program: string, args: readonly string[]): [string, string[]] {
    return [
      'nsenter',
      ['--user', '--mount', '--preserve-credentials', `--target=${this.#holder.pid}`, program, ...args],
    ];
  }

  run(program: string, args: readonly string[], input: string | Buffer = ''): Promise<CliResult> {
    return runProgram(...this.command(program, args), input);
  }

  /** Runs a command of `completengine` in one resident process that sees the disk. */
  runCli(args: readonly string[], input: string | Buffer = ''): Promise<CliResult> {
    if (this.#cli === undefined) {
      const cli = new ResidentCli({ command: (program, rest) => this.command(program, rest) });
      onTestFinished(() => cli.close());
      this.#cli = cli;
    }
    return this.#cli.run(args, { input });
  }

  async resize(size: string): Promise<void> {
    const { code, stderr } = await this.run('mount', ['-o', `remount,size=${size}`, this.directory]);
    if (code !== 0) throw new Error(`the small disk could not be made larger: ${stderr}`);
  }
}

export const SMALL_DISK_PROBE = [
  'unshare',
  '--user',
  '--map-root-user',
  '--mount',
  'sh',
  '-c',
  'mount -t tmpfs tmpfs /mnt && command -v nsenter',
] as const;

/**
 * Options of strace for a command with its threads. With a filter in the kernel only those calls stop their thread that are traced, and not each one; but then strace
 * 6.1 injects no signals.
 */
export function straceThreads(faults: readonly string[] = []): string[] {
  return faults.some((fault) => fault.includes('signal=')) ? ['-f', '-qq'] : ['-f', '--seccomp-bpf', '-qq'];
}

export const STRACE_PROBE = ['strace', ...straceThreads(), '-o', '/dev/null', '-e', 'trace=fsync', 'true'] as const;
