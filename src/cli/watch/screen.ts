/** A second screen of the terminal, for a page that is written over again and again. Whatever ends it, the first one comes back as it was. */

import type { WriteStream } from 'node:tty';

const ENTER = '\u001b[?1049h';
const LEAVE = '\u001b[?1049l';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
/** What is too wide after all is cut by the terminal. */
const NO_WRAP = '\u001b[?7l';
const WRAP = '\u001b[?7h';
/** The terminal shows what stands between these at once; one that does not know them leaves them out. */
const BEGIN_FRAME = '\u001b[?2026h';
const END_FRAME = '\u001b[?2026l';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

const WINDOW_DEFAULT = { columns: 80, rows: 24 };

/** Whether standard output is a terminal that can go back over what it shows. */
export function hasScreen(): boolean {
  return process.stdout.isTTY === true && process.env['TERM'] !== 'dumb';
}

export class LiveScreen {
  readonly #terminal: WriteStream = process.stdout;
  readonly #onChange: () => void;
  #isOpen = false;

  /** `onChange`: the window has another size, or the screen was away. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#enter();
    this.#terminal.on('resize', onChange);
    process.on('SIGTSTP', this.#onSuspend);
    process.on('SIGCONT', this.#onContinue);
    process.on('exit', this.#leave);
  }

  get window(): { columns: number; rows: number } {
    // a terminal that does not know its size says 0
    return {
      columns: this.#terminal.columns || WINDOW_DEFAULT.columns,
      rows: this.#terminal.rows || WINDOW_DEFAULT.rows,
    };
  }

  /** At most as many lines as the window has. */
  show(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    // cleared before it is written: behind a line that fills the window the cursor still stands on its last character
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

  /** With a listener the signal no longer stops us: we do, once the screen is given back. */
  readonly #onSuspend = (): void => {
    this.#leave();
    process.kill(process.pid, 'SIGSTOP');
  };

  readonly #onContinue = (): void => {
    this.#enter();
    this.#onChange();
  };
}
