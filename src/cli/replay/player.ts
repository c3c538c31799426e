/** A person's hand on a paced replay: the space bar pauses and resumes, or each key steps; `q` ends it. */

import { LedgerError, Playback } from '../../index.ts';
import { hasKeyboard, listenForKeys } from '../terminal/terminal-keys.ts';

export interface Player {
  readonly playback: Playback;
  close(): void;
}

export interface PlayerOptions {
  /** One event a key press. */
  readonly isStepping: boolean;
  /** Says nothing of the keys. */
  readonly isQuiet: boolean;
  readonly signal: AbortSignal;
  readonly onChange: (isPaused: boolean) => void;
}

/** Null where nobody sits at a keyboard. @throws LedgerError INVALID_ARGUMENT when a key is needed for every event, and there is none. */
export function openPlayer({ isStepping, isQuiet, signal, onChange }: PlayerOptions): Player | null {
  if (!hasKeyboard()) {
    if (!isStepping) return null;
    throw new LedgerError('INVALID_ARGUMENT', {
      message: '--step needs a terminal as standard input',
      hint: 'run it at a terminal, or use --rate 1/s',
    });
  }
  const playback = new Playback({ isPaused: isStepping });
  const toggle = (): void => (playback.isPaused ? playback.resume() : playback.pause());
  const onKey = (key: string): void => {
    if (isStepping) playback.step();
    else if (key === ' ') toggle();
    if (!isStepping) onChange(playback.isPaused);
  };
  const close = listenForKeys({ signal, onKey });
  if (!isQuiet && process.stderr.isTTY === true)
    process.stderr.write(isStepping ? 'any key: next event, q: quit\n' : 'space: pause, q: quit\n');
  return { playback, close };
}
