import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, it, onTestFinished, vi } from 'vitest';
import { isInside, runInside } from '../../../src/core/scheduler/feeding/inside.ts';

/** A handler that goes on until it may end. */
function pausing(): { readonly handler: () => Promise<void>; readonly goOn: () => void } {
  let goOn = (): void => {};
  const allowed = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  return { handler: () => allowed, goOn };
}

// The hooks of a storage are into every promise of the process. That they are gone cannot be seen from outside, but by time.
it('stores contexts only while a delivery is in progress', async () => {
  const disable = vi.spyOn(AsyncLocalStorage.prototype, 'disable');
  onTestFinished(() => disable.mockRestore());
  const [one, two] = [pausing(), pausing()];
  const first = runInside({}, false, one.handler);
  const second = runInside({}, false, two.handler);
  one.goOn();
  await first;
  expect(disable).not.toHaveBeenCalled();
  two.goOn();
  await second;
  expect(disable).toHaveBeenCalledOnce();
});

it('knows the deliveries of a caller again after all have ended, and none that has ended', async () => {
  const [ended, owner] = [{}, {}];
  let later: Promise<boolean> | undefined;
  const next = pausing();
  await runInside(ended, false, async () => {
    later = next.handler().then(() => isInside(ended));
  });
  let seen: readonly boolean[] = [];
  await runInside(owner, false, async () => {
    next.goOn();
    await later;
    seen = [isInside(owner), isInside(ended)];
  });
  expect([...seen, await later, isInside(owner)]).toEqual([true, false, false, false]);
});
