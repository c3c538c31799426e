/** The controls of a player: pause, resume, step. Call them while a replay runs. */

import type { OptionTable } from '../../model/options/option-kinds.ts';
import { flag, timer } from '../../model/options/option-kinds.ts';
import { readOptions } from '../../model/options/options.ts';
import { systemTimer, type Timer } from '../../model/time/timer.ts';

export interface PlaybackOptions {
  readonly timer?: Timer | undefined;
  /** Start paused. */
  readonly isPaused?: boolean | undefined;
}

const PLAYBACK: OptionTable<PlaybackOptions> = { timer, isPaused: flag };

export class Playback {
  readonly #timer: Timer;
  readonly #listeners = new Set<() => void>();
  #mode: 'playing' | 'paused' = 'playing';
  #steps = 0;
  #pausedAt = 0;
  #heldMs = 0;

  /** @throws LedgerError INVALID_ARGUMENT */
  constructor(options?: PlaybackOptions) {
    const { timer = systemTimer, isPaused = false } = readOptions('new Playback()', options, PLAYBACK);
    this.#timer = timer;
    if (isPaused) this.pause();
  }

  get isPaused(): boolean {
    return this.#mode === 'paused';
  }

  pause(): void {
    if (this.isPaused) return;
    this.#mode = 'paused';
    this.#pausedAt = this.#timer.nowMs();
    this.#notify();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.#heldMs = this.heldMs;
    this.#mode = 'playing';
    this.#steps = 0;
    this.#notify();
  }

  /** Delivers one more event, then pauses. */
  step(): void {
    this.pause();
    this.#steps++;
    this.#notify();
  }

  /** Number of events that may be delivered now. */
  get capacity(): number {
    return this.isPaused ? this.#steps : Number.POSITIVE_INFINITY;
  }

  /** Reports N delivered events. */
  spend(count: number): void {
    if (this.isPaused) this.#steps = Math.max(0, this.#steps - count);
  }

  /** Total time paused. */
  get heldMs(): number {
    return this.#heldMs + (this.isPaused ? this.#timer.nowMs() - this.#pausedAt : 0);
  }

  /** Calls `listener` after each control. Returns the function that removes it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
