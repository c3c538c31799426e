/** Keyboard control of a paced replay: space pauses and resumes, or each key steps; `q` quits. */

import { LedgerError, Playback } from '../../index.ts';
import { hasKeyboard, listenForKeys, ownsKeyboard } from '../terminal/terminal-keys.ts';

export interface Player {
  readonly playback: Playback;
  close(): void;
}

export interface PlayerOptions {
  /** One event per key press. */
  readonly isStepping: boolean;
  /** Prints no key help. */
  readonly isQuiet: boolean;
  readonly signal: AbortSignal;
  readonly onChange: (isPaused: boolean) => void;
}

/** Returns null without a keyboard, and in a pipe unless stepping. @throws LedgerError INVALID_ARGUMENT for --step without a keyboard. */
export function openPlayer({ isStepping, isQuiet, signal, onChange }: PlayerOptions): Player | null {
  if (!isStepping && !ownsKeyboard()) return null;
  if (!hasKeyboard()) {
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
