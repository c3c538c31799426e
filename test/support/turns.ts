/** Lets the event loop turn, to see that nothing happens. */

/** An engine's own work takes at most this many: SQLite answers at once, and the scheduler decides once a turn. */
const TURNS = 50;

/** Afterwards everything has happened that waits for no timer, thread or process, however slow the machine is. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
}
