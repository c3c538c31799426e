/** Reads single key presses from the terminal, and always restores the terminal's mode. */

import { fstatSync, type Stats } from 'node:fs';
import type { ReadStream } from 'node:tty';

const STDOUT = 1;
const CTRL_C = '\u0003';
const CTRL_Z = '\u001a';
/** The process group: the whole pipeline in the foreground. */
const PROCESS_GROUP = 0;
const ESCAPE = '\u001b';

/** Whether standard input is a terminal. */
export function hasKeyboard(): boolean {
  return process.stdin.isTTY === true;
}

/** Whether the keys are for this program: behind a pipe a pager may read them, and its mode of the terminal must stay. */
export function ownsKeyboard(): boolean {
  return hasKeyboard() && !isPipe(fstatSync(STDOUT));
}

function isPipe(stat: Stats): boolean {
  return stat.isFIFO() || stat.isSocket();
}

/** Interrupts only this process. */
function interruptSelf(): void {
  process.kill(process.pid, 'SIGINT');
}

export interface KeyListener {
  /** Aborting it stops the listener, like the returned function. */
  readonly signal: AbortSignal;
  /** Receives each key except `q`, Ctrl-C and Ctrl-Z, which keep their usual effect. */
  readonly onKey?: (key: string) => void;
  /** Handles `q`. Default: interrupts only this process. */
  readonly onQuit?: () => void;
}

/** Returns a function that stops listening. */
export function listenForKeys({ signal, onKey = () => {}, onQuit = interruptSelf }: KeyListener): () => void {
  const stdin = process.stdin as ReadStream;
  const restore = (): void => void stdin.setRawMode(false);
  const close = (): void => {
    process.off('SIGCONT', onContinue);
    process.off('exit', restore);
    signal.removeEventListener('abort', close);
    stdin.off('data', onData);
    restore();
    stdin.pause();
  };
  // another program may have changed the mode while we were stopped
  const onContinue = (): void => void stdin.setRawMode(true);
  const onData = (data: Buffer): void => {
    const text = data.toString('utf8');
    // an escape sequence, such as an arrow key, is one key
    for (const key of text.startsWith(ESCAPE) ? [text] : text) {
      if (key === 'q' || key === CTRL_C) {
        // from here on the terminal handles a second Ctrl-C itself
        close();
        if (key === 'q') onQuit();
        else process.kill(PROCESS_GROUP, 'SIGINT');
        return;
      }
      if (key === CTRL_Z) {
        restore();
        process.kill(PROCESS_GROUP, 'SIGTSTP');
      } else {
        onKey(key);
      }
    }
  };
  stdin.setRawMode(true);
  stdin.on('data', onData);
  process.on('SIGCONT', onContinue);
  process.on('exit', restore);
  signal.addEventListener('abort', close);
  if (signal.aborted) close();
  return close;
}
