/** Measures the wakeup latency: from the acknowledgement of a commit here until `tail -f` in another process has printed its line. */

import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Completengine, LedgerError } from '../../index.ts';
import { payload } from './measure-commits.ts';
import { startCompanion, throwIfAborted } from './processes.ts';
import { type Latencies, summarize } from './samples.ts';
import type { Stage } from './stage.ts';

const SAMPLES_MAX = 300;
const TIME_MS_MAX = 6000;
const WARM_UP = 10;
/** Pauses vary, or commits would always hit the same phase of a timer. */
const PAUSE_MS_MIN = 4;
const PAUSES = 13;
const WAIT_MS_MAX = 10_000;

/** The ledger must contain an event: when `tail` has printed it, it is watching. */
export async function measureWakeups(
  { settings, maker, node, cli, signal, display }: Stage,
  engine: Completengine,
  ledger: string,
): Promise<Latencies> {
  const tail = startCompanion(node, [cli, 'tail', '-f', '-n', '1', '--output', 'payload', '--ledger', ledger], signal);
  try {
    const arrivals = new Arrivals(tail.stdout);
    await arrivals.next();
    const wanted = Math.min(SAMPLES_MAX, settings.events);
    const samples: number[] = [];
    const began = performance.now();
    for (let number = 0; number < WARM_UP + wanted && performance.now() - began < TIME_MS_MAX; number++) {
      await sleep(PAUSE_MS_MIN + ((number * 5) % PAUSES), undefined, { signal }).catch(() => throwIfAborted(signal));
      const line = maker.line(number);
      // listen before the commit, and await both at once, or a failure of one would stay unhandled while we wait for the other
      const [{ text, at }, acknowledged] = await Promise.all([
        arrivals.next(),
        engine.emit(payload(line)).then(() => performance.now()),
      ]);
      if (text !== line.slice(0, -1))
        throw new LedgerError('INTERNAL', { message: 'tail -f printed another event than the committed one' });
      if (number >= WARM_UP) samples.push(at - acknowledged);
      display.at(number / (WARM_UP + wanted));
    }
    return summarize(samples);
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  } finally {
    tail.end();
  }
}

interface Arrival {
  readonly text: string;
  readonly at: number;
}

/** The lines of a process with their arrival times; awaited one at a time. */
class Arrivals {
  readonly #stream: Readable;
  readonly #lines;

  constructor(stream: Readable) {
    this.#stream = stream;
    this.#lines = createInterface({ input: stream });
  }

  /** @throws LedgerError IO_FAILED if the process ends, or no line comes in time */
  async next(): Promise<Arrival> {
    if (this.#stream.closed) throw noLine('it ended');
    let stopListening = () => {};
    try {
      return await new Promise<Arrival>((resolve, reject) => {
        const onLine = (text: string) => resolve({ text, at: performance.now() });
        const onClose = () => reject(noLine('it ended'));
        const timer = setTimeout(() => reject(noLine(`nothing came for ${WAIT_MS_MAX / 1000} s`)), WAIT_MS_MAX);
        this.#lines.once('line', onLine);
        this.#stream.once('close', onClose);
        stopListening = () => {
          clearTimeout(timer);
          this.#lines.off('line', onLine);
          this.#stream.off('close', onClose);
        };
      });
    } finally {
      stopListening();
    }
  }
}

function noLine(reason: string): LedgerError {
  return new LedgerError('IO_FAILED', {
    message: `tail -f did not print the committed event: ${reason}`,
    hint: 'run it again',
  });
}
