import { afterEach, expect, it, vi } from 'vitest';
import { laterThan } from '../../src/cli/app/interrupt.ts';

afterEach(() => vi.useRealTimers());

it.each([
  ['before', true],
  ['after', false],
])('a signal that is to abort later than another does so where that one was aborted %s', (_, isBefore) => {
  vi.useFakeTimers();
  const controller = new AbortController();
  if (isBefore) controller.abort();
  const later = laterThan(controller.signal, 500);
  controller.abort();
  vi.advanceTimersByTime(499);
  expect(later.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(later.aborted).toBe(true);
});
