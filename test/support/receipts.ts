/** Reads the receipts of `emit --receipts` as they are printed. A truncated line is not a receipt. */

import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { expect } from 'vitest';
import { type GeneratedEvents, streamLine } from './event-stream.ts';
import type { StoredEvent } from './invariants.ts';

export interface Receipt {
  readonly line: number;
  readonly sequence: number;
  readonly partition: string;
  readonly offset: number;
}

export function parseReceipts(stdout: Buffer): Receipt[] {
  const lines = stdout.toString('utf8').split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Receipt);
}

export class ReceiptReader {
  readonly receipts: Receipt[] = [];
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  #onReceipts: () => void = () => {};

  constructor(stdout: Readable) {
    stdout.on('data', (piece: Buffer) => {
      const lines = (this.#rest + this.#decoder.write(piece)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.receipts.push(JSON.parse(line) as Receipt);
      this.#onReceipts();
    });
    stdout.on('close', () => this.#onReceipts());
  }

  /** Resolves when there are this many, or when `isOver` returns true. */
  async atLeast(count: number, isOver: () => boolean = () => false): Promise<void> {
    while (this.receipts.length < count && !isOver()) {
      await new Promise<void>((resolve) => {
        const poll = setTimeout(resolve, 20);
        this.#onReceipts = () => {
          clearTimeout(poll);
          resolve();
        };
      });
    }
  }
}

/** Expects that every receipt matches its line: same bytes, sequence and position. */
export function expectReceipted(
  events: readonly StoredEvent[],
  stream: GeneratedEvents,
  receipts: readonly Receipt[],
  context = '',
): void {
  for (const { line, sequence, partition, offset } of receipts) {
    const stored = events[sequence - 1];
    const wanted = { sequence, partition, offset, payload: streamLine(stream, line) };
    const isThere =
      stored !== undefined &&
      stored.sequence === sequence &&
      stored.payload === wanted.payload &&
      stored.partition === partition &&
      stored.offset === offset;
    if (!isThere) expect(stored, `${context} the receipt of line ${line} of ${stream.name}`).toMatchObject(wanted);
  }
}

/** Expects that the stored lines of a stream are its first ones, each once, in order. Returns their number. */
export function expectPrefix(events: readonly StoredEvent[], stream: GeneratedEvents, context = ''): number {
  const mark = `"id":"${stream.name}-`;
  const stored = events.filter(({ payload }) => payload.includes(mark));
  for (const [at, { payload }] of stored.entries()) {
    const wanted = streamLine(stream, at + 1);
    if (payload !== wanted) expect(payload, `${context} event ${at + 1} of ${stream.name}`).toBe(wanted);
  }
  return stored.length;
}
