/** Keys of a person at the terminal, one by one as they are pressed. Whatever ends it, the terminal is as it was. */

import type { ReadStream } from 'node:tty';

const CTRL_C = '\u0003';
const CTRL_Z = '\u001a';
/** All of the pipeline that stands at the terminal: those who read from us as well. */
const EVERYONE = 0;
const ESCAPE = '\u001b';

/** Whether there is someone who could press a key. */
export function hasKeyboard(): boolean {
  return process.stdin.isTTY === true;
}

/** `q` interrupts this process alone. */
function interruptSelf(): void {
  process.kill(process.pid, 'SIGINT');
}

export interface KeyListener {
  /** Ends it, as what is returned does. */
  readonly signal: AbortSignal;
  /** Each key but `q`, and but Ctrl-C and Ctrl-Z, which do what they always do. */
  readonly onKey?: (key: string) => void;
  /** `q`. Default: as if this process alone were interrupted. */
  readonly onQuit?: () => void;
}

/** Returns what ends it. */
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
  // another program may have used the terminal in between
  const onContinue = (): void => void stdin.setRawMode(true);
  const onData = (data: Buffer): void => {
    const text = data.toString('utf8');
    // an arrow and its kin are one key, however many bytes
    for (const key of text.startsWith(ESCAPE) ? [text] : text) {
      if (key === 'q' || key === CTRL_C) {
        // from here on a second Ctrl-C is the terminal's own again
        close();
        if (key === 'q') onQuit();
        else process.kill(EVERYONE, 'SIGINT');
        return;
      }
      if (key === CTRL_Z) {
        restore();
        process.kill(EVERYONE, 'SIGTSTP');
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
