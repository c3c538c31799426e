/** Measures the latency of single-event commits through the library, each acknowledged before the next. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Completengine } from '../../index.ts';
import type { SingleCommits } from './document.ts';
import { throwIfAborted } from './processes.ts';
import { summarize } from './samples.ts';
import type { Stage } from './stage.ts';

const COMMITS_MAX = 5000;
const TIME_MS_MAX = 4000;
const WARM_UP = 50;
/** A commit may finish within one turn of the event loop, but a signal is only handled between turns. */
const COMMITS_PER_TURN = 64;

export async function measureCommits(
  { settings, maker, signal, display }: Stage,
  engine: Completengine,
): Promise<SingleCommits> {
  const wanted = Math.min(COMMITS_MAX, settings.events);
  for (let number = 0; number < Math.min(WARM_UP, wanted); number++) await engine.emit(payload(maker.line(number)));
  const samples: number[] = [];
  let spentMs = 0;
  while (samples.length < wanted && spentMs < TIME_MS_MAX) {
    const event = payload(maker.line(WARM_UP + samples.length));
    const began = performance.now();
    await engine.emit(event);
    const ms = performance.now() - began;
    samples.push(ms);
    spentMs += ms;
    if (samples.length % COMMITS_PER_TURN > 0) continue;
    await nextTurn();
    throwIfAborted(signal);
    display.at(Math.max(samples.length / wanted, spentMs / TIME_MS_MAX));
  }
  return { ...summarize(samples), perSecond: Math.round((samples.length * 1000) / spentMs) };
}

/** The line without its newline, as bytes. */
export function payload(line: string): Buffer {
  return Buffer.from(line.slice(0, -1), 'latin1');
}
