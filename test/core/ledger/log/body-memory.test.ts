/** Memory of messages' bodies is used again once a message is stored, and never while anything may read it. */

import fc from 'fast-check';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { registerDriver } from '../../../../src/core/ledger/drivers.ts';
import type { AppendOptions, LogEntry } from '../../../../src/core/ledger/log/ordered-log.ts';
import { BodyMemory } from '../../../../src/core/ledger/log/write/body-memory.ts';
import { Completengine } from '../../../../src/index.ts';
import { payloadsOf } from '../../../support/engines.ts';
import { newMemory } from '../../../support/memory-driver/memory-driver.ts';
import { MemoryLog } from '../../../support/memory-driver/memory-log.ts';
import { turns } from '../../../support/turns.ts';

const MIB = 1024 * 1024;

it('is never given to two at once, and is as long as asked for', () => {
  const length = fc.oneof(fc.integer({ min: 0, max: 70_000 }), fc.integer({ min: 65_536, max: 2 * MIB }));
  const steps = fc.array(fc.oneof(length, fc.constant('give' as const)), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (all) => {
      const memory = new BodyMemory();
      const taken: Buffer[] = [];
      for (const step of all) {
        if (step === 'give') {
          const body = taken.shift();
          if (body !== undefined) memory.give(body);
          continue;
        }
        const body = memory.take(step);
        expect(body.length).toBe(step);
        if (step >= 65_536) expect(taken.map(({ buffer }) => buffer)).not.toContain(body.buffer);
        taken.push(body);
      }
    }),
  );
});

it('is that of a body given back, once', () => {
  const memory = new BodyMemory();
  const body = memory.take(800_000);
  memory.give(body);
  memory.give(body);
  const [next, other] = [memory.take(750_000), memory.take(750_000)];
  expect(next.buffer).toBe(body.buffer);
  expect(other.buffer).not.toBe(body.buffer);
});

it('is kept up to 16 MiB, and other memory is not taken', () => {
  const memory = new BodyMemory();
  const bodies = Array.from({ length: 20 }, () => memory.take(MIB));
  const others = Array.from({ length: 20 }, () => Buffer.allocUnsafeSlow(MIB));
  for (const each of [...others, ...bodies]) memory.give(each);
  const known = new Set(bodies.map(({ buffer }) => buffer));
  const again = Array.from({ length: 20 }, () => memory.take(MIB).buffer);
  expect(again.filter((buffer) => known.has(buffer)).length).toBe(16);
});

/** Every body that was handed to the log. */
const handed: Buffer[] = [];
let calls = 0;
const late: Promise<void>[] = [];

/** Reads every third body once more after it has answered, as a copy that is on its way again: it releases none of these. */
class SlowLog extends MemoryLog {
  override append(entry: LogEntry, options?: AppendOptions): Promise<number | null> {
    return this.appendBatch([entry], options);
  }

  override async appendBatch(entries: readonly LogEntry[], options: AppendOptions = {}): Promise<number | null> {
    handed.push(...entries.map(({ body }) => body));
    const isTwice = ++calls % 3 === 0;
    if (!isTwice) return super.appendBatch(entries, options);
    late.push(this.#readLate(entries.map(({ body }) => ({ body, was: Buffer.from(body) }))));
    return super.appendBatch(entries, { ...options, onReleased: undefined });
  }

  async #readLate(sent: readonly { readonly body: Buffer; readonly was: Buffer }[]): Promise<void> {
    await turns();
    for (const { body, was } of sent) expect(body.equals(was)).toBe(true);
  }
}

const memory = newMemory({}, (location, messages) => new SlowLog(location, messages));
beforeAll(() => registerDriver('slow', async () => memory.driver));

describe.each(['packed', 'framed'] as const)('a writer of %s messages', (layout) => {
  it('uses it again, and stores what was emitted', async () => {
    handed.length = 0;
    late.length = 0;
    const ledger = `slow://memory/${layout}`;
    const engine = await Completengine.open({ ledger, layout, routing: 'hash:k', partitions: 2 });
    onTestFinished(() => engine.close());
    const lines = Array.from({ length: 60_000 }, (_, at) => `{"k":"${at % 7}","n":${at},"text":"${'x'.repeat(150)}"}`);
    await engine.ingest([{ name: 'input', open: () => piecesOf(lines) }]);
    expect(await payloadsOf(engine.replay())).toEqual(lines);
    const large = handed.filter(({ length }) => length >= 65_536);
    expect(large.length).toBeGreaterThan(8);
    expect(late.length).toBeGreaterThan(2);
    await Promise.all(late);
    expect(new Set(large.map(({ buffer }) => buffer)).size).toBeLessThan(large.length);
  });
});

async function* piecesOf(lines: readonly string[]): AsyncGenerator<Buffer> {
  for (let at = 0; at < lines.length; at += 5000) yield Buffer.from(`${lines.slice(at, at + 5000).join('\n')}\n`);
}
