/** A terminal screen by tmux: shows what a user sees after all control sequences. */

import { type ChildProcessByStdio, execFileSync, spawn, spawnSync } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { BIN } from './cli.ts';

export const hasScreen = spawnSync('tmux', ['-V']).status === 0;

/** Below the limit of a test, so that a failure shows the screen. */
const WAIT_MS = 100_000;
const POLL_MS = 40;

/** Prints a screen, and a NUL, for each line that it reads. */
const PRINTER = `while read -r _; do tmux -L "$1" capture-pane -p || exit; printf '\\0'; done`;

let screens = 0;

export class Screen {
  readonly #server = `completengine-test-${process.pid}-${++screens}`;
  /** Starts a tmux for each look at the screen: that takes a small process 1 ms, and one as large as ours 12 ms. */
  readonly #printer: ChildProcessByStdio<Writable, Readable, null>;

  /** Opens a shell in which `completengine` is the built command. */
  constructor(options: { columns: number; rows: number; variables: Readonly<Record<string, string>> }) {
    const { columns, rows, variables } = options;
    const { TMUX: _, NO_COLOR: __, CI: ___, ...inherited } = process.env;
    const env = { ...inherited, PS1: '$ ', ...variables };
    const size = ['-x', String(columns), '-y', String(rows)];
    execFileSync(
      'tmux',
      ['-L', this.#server, '-f', '/dev/null', 'new-session', '-d', ...size, 'bash --norc --noprofile'],
      { env },
    );
    this.#printer = spawn('sh', ['-c', PRINTER, 'sh', this.#server], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#printer.stdin.on('error', () => {});
    onTestFinished(() => {
      this.#printer.kill();
      spawnSync('tmux', ['-L', this.#server, 'kill-server']);
    });
    this.#tmux('set-option', '-g', 'status', 'off');
    this.type(`completengine() { '${process.execPath}' '${BIN}' "$@"; }; clear`);
  }

  /** Types a line and Enter. */
  type(line: string): void {
    this.#tmux('send-keys', '-l', line);
    this.#tmux('send-keys', 'Enter');
  }

  press(key: string): void {
    this.#tmux('send-keys', key);
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** Terminal modes a program may leave: a hidden cursor, the alternate screen, no line wrap. */
  modes(): { hasCursor: boolean; isSecond: boolean; wraps: boolean } {
    const [cursor, second, wrap] = this.#tmux('display-message', '-p', '#{cursor_flag} #{alternate_on} #{wrap_flag}')
      .trim()
      .split(' ');
    return { hasCursor: cursor === '1', isSecond: second === '1', wraps: wrap === '1' };
  }

  /** Its content, with colours. */
  styled(): string {
    return this.#tmux('capture-pane', '-e', '-p');
  }

  /** Returns the lines of the screen when they match the pattern. */
  async showing(pattern: RegExp): Promise<string[]> {
    for (const began = performance.now(); ; await sleep(POLL_MS)) {
      const text = await this.#printed();
      if (pattern.test(text)) return text.trimEnd().split('\n');
      if (performance.now() - began > WAIT_MS) throw new Error(`the screen never showed ${pattern}:\n${text}`);
    }
  }

  #printed(): Promise<string> {
    const { stdin, stdout } = this.#printer;
    return new Promise((resolve, reject) => {
      let text = '';
      const end = (): void => {
        stdout.off('data', take).off('end', fail);
      };
      const fail = (): void => {
        end();
        reject(new Error('tmux has ended'));
      };
      const take = (piece: string): void => {
        text += piece;
        if (!text.endsWith('\0')) return;
        end();
        resolve(text.slice(0, -1));
      };
      stdout.setEncoding('utf8').on('data', take).on('end', fail);
      stdin.write('\n');
    });
  }

  #tmux(...args: string[]): string {
    return execFileSync('tmux', ['-L', this.#server, ...args], { encoding: 'utf8' });
  }
}
