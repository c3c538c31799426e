/** Ends of work: everything is closed, whatever fails, and the first failure is the one that is reported. */

/** Runs all of them, one after the other. @throws the first failure, when all have run */
export async function closeAll(steps: Iterable<() => unknown>): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** The work, then the end of it. A failure of the end does not replace one of the work, which a `finally` would do. */
export async function closeAfter<Result>(work: () => Promise<Result>, close: () => unknown): Promise<Result> {
  let result: Result;
  try {
    result = await work();
  } catch (error) {
    await closeAll([close]).catch(() => {});
    throw error;
  }
  await close();
  return result;
}
