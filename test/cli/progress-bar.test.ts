import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ProgressBar } from '../../src/cli/terminal/progress-bar.ts';

const isTerminal = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');

function setTerminal(value: boolean): void {
  Object.defineProperty(process.stderr, 'isTTY', { configurable: true, value });
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => {
  vi.useRealTimers();
  if (isTerminal === undefined) Reflect.deleteProperty(process.stderr, 'isTTY');
  else Object.defineProperty(process.stderr, 'isTTY', isTerminal);
});

/** The times of work at which a line is shown, in milliseconds; it is never drawn. */
function shownAt(isQuiet: boolean): number[] {
  const shown: number[] = [];
  const progress = new ProgressBar({ format: '{events} events', total: null, isQuiet });
  for (const ms of [0, 200, 199, 1]) {
    vi.advanceTimersByTime(ms);
    progress.update(1, (spentMs) => {
      shown.push(spentMs);
      return { events: '1' };
    });
  }
  progress.stop();
  return shown;
}

test('quick work shows no progress line, and longer work does from 400 ms on', () => {
  setTerminal(true);
  expect(shownAt(false)).toEqual([400]);
});

test('quiet work shows none, and none is shown where there is no terminal', () => {
  setTerminal(true);
  expect(shownAt(true)).toEqual([]);
  setTerminal(false);
  expect(shownAt(false)).toEqual([]);
});
