import { describe, expect, it } from 'vitest';
import { closeAfter, closeAll } from '../../../src/core/model/closing.ts';

const failing = (message: string) => async () => {
  throw new Error(message);
};

describe('closing several things', () => {
  it('closes all of them in order, whatever fails, and reports the first failure', async () => {
    const closed: number[] = [];
    const steps = [1, 2, 3, 4].map((nth) => () => {
      closed.push(nth);
      if (nth === 2) throw new Error('second');
      return nth === 3 ? Promise.reject(new Error('third')) : Promise.resolve();
    });
    await expect(closeAll(steps)).rejects.toThrow('second');
    expect(closed).toEqual([1, 2, 3, 4]);
  });

  it('also reports a failure that is no value', async () => {
    await expect(closeAll([() => Promise.reject(undefined)])).rejects.toBeUndefined();
  });
});

describe('closing after work', () => {
  it('gives what the work gives', async () => {
    let isClosed = false;
    const result = await closeAfter(
      async () => 7,
      () => {
        isClosed = true;
      },
    );
    expect({ result, isClosed }).toEqual({ result: 7, isClosed: true });
  });

  it('reports the failure of the work before one of the end, and that one where the work was done', async () => {
    await expect(closeAfter(failing('work'), failing('end'))).rejects.toThrow('work');
    await expect(closeAfter(async () => 1, failing('end'))).rejects.toThrow('end');
  });
});
