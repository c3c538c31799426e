/** Closes resources: closes every one whatever fails, and reports the first failure. */

/** Runs all of them, one after the other. @throws the first failure, after all have run */
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

/** Runs the work, then closes. A failure of the close does not replace one of the work, as it would in a `finally`. */
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
