/** How long requests have gone without an answer: a server that is cut off from the majority answers pings, and nothing else. */

/** Beyond the wait of one request. An election takes as long, and another server does no harm then. */
const LONG_MS = 3000;

export class Silence {
  #since: number | null = null;

  noteAnswer(): void {
    this.#since = null;
  }

  /** A request was not answered in its time. Returns whether there was no answer for long; then the count begins again. */
  isLongAfterNone(): boolean {
    const now = performance.now();
    this.#since ??= now;
    if (now - this.#since < LONG_MS) return false;
    this.#since = null;
    return true;
  }
}
