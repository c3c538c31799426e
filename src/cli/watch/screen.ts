/** Shows a page on the alternate screen of the terminal, and always restores the normal screen. */

import type { WriteStream } from 'node:tty';

const ENTER = '\u001b[?1049h';
const LEAVE = '\u001b[?1049l';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
/** The terminal truncates lines that are still too wide. */
const NO_WRAP = '\u001b[?7l';
const WRAP = '\u001b[?7h';
/** Synchronized output: the terminal shows all between these at once; an older one ignores them. */
const BEGIN_FRAME = '\u001b[?2026h';
const END_FRAME = '\u001b[?2026l';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

const WINDOW_DEFAULT = { columns: 80, rows: 24 };

/** Whether standard output is a terminal that can move the cursor. */
export function hasScreen(): boolean {
  return process.stdout.isTTY === true && process.env['TERM'] !== 'dumb';
}

export class LiveScreen {
  readonly #terminal: WriteStream = process.stdout;
  readonly #onChange: () => void;
  #isOpen = false;

  /** `onChange`: called when the window was resized, or the process continues after Ctrl-Z. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#enter();
    this.#terminal.on('resize', onChange);
    process.on('SIGTSTP', this.#onSuspend);
    process.on('SIGCONT', this.#onContinue);
    process.on('exit', this.#leave);
  }

  get window(): { columns: number; rows: number } {
    // a terminal of unknown size reports 0
    return {
      columns: this.#terminal.columns || WINDOW_DEFAULT.columns,
      rows: this.#terminal.rows || WINDOW_DEFAULT.rows,
    };
  }

  /** Shows a page of at most as many lines as the window has rows. */
  show(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    // clear a line before writing it: after a full line the cursor is still on its last character
    const page = lines.map((line) => CLEAR_LINE + line).join('\r\n');
    this.#terminal.write(
      `${BEGIN_FRAME}${HOME}${page}${lines.length < this.window.rows ? `\r\n${CLEAR_BELOW}` : ''}${END_FRAME}`,
    );
  }

  close(): void {
    this.#terminal.off('resize', this.#onChange);
    process.off('SIGTSTP', this.#onSuspend);
    process.off('SIGCONT', this.#onContinue);
    process.off('exit', this.#leave);
    this.#leave();
  }

  #enter(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#terminal.write(ENTER + HIDE_CURSOR + NO_WRAP + HOME + CLEAR_BELOW);
  }

  readonly #leave = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#terminal.write(WRAP + SHOW_CURSOR + LEAVE);
  };

  /** A listener disables the signal's effect, so restore the screen and stop the process here. */
  readonly #onSuspend = (): void => {
    this.#leave();
    process.kill(process.pid, 'SIGSTOP');
  };

  readonly #onContinue = (): void => {
    this.#enter();
    this.#onChange();
  };
}
