/** What a reader of a log notices: changed and lost messages, false seals; and what it need not read, because of seals. */

import { describe, expect, it, onTestFinished } from 'vitest';
import { toBlueprint } from '../../../../src/core/engine/open.ts';
import type { Ledger } from '../../../../src/core/ledger/ledger.ts';
import { encodeSeal } from '../../../../src/core/ledger/log/format/seal.ts';
import type { LogMessage, LogRead } from '../../../../src/core/ledger/log/ordered-log.ts';
import { type CreateOptions, systemClock } from '../../../../src/index.ts';
import { draftOf, readAll } from '../../../ledger-contract/drafts.ts';
import { failureOf } from '../../../support/engines.ts';
import { foldAll } from '../../../support/folded-log.ts';
import { newMemory } from '../../../support/memory-driver/memory-driver.ts';
import { MemoryLog } from '../../../support/memory-driver/memory-log.ts';

const busyLimit = { limitMs: 1000 };
const AT = 'memory';

/** A ledger with commits of one event each, in turn for two partitions; times are ten apart. */
async function grown(commits: number, limits = {}, options: CreateOptions = {}) {
  const read = { messages: 0, bodies: 0 };
  class CountingLog extends MemoryLog {
    override async *read(request: LogRead): AsyncGenerator<LogMessage> {
      for await (const message of super.read(request)) {
        read.messages++;
        if (request.hasBodies) read.bodies++;
        yield message;
      }
    }
  }
  const { driver, messagesOf } = newMemory(limits, (location, messages) => new CountingLog(location, messages));
  await driver.create(AT, toBlueprint({ partitions: 2, ...options }), systemClock, busyLimit);
  const open = async (): Promise<Ledger> => {
    const ledger = await driver.open(AT, { access: 'write', busyLimit });
    onTestFinished(() => ledger.close());
    return ledger;
  };
  const writer = await open();
  for (let at = 0; at < commits; at++)
    await writer.commit(draftOf(await writer.basis(), [{ partition: at % 2, time: at * 10, payload: `${at}` }]));
  const { all } = messagesOf(AT);
  return { open, writer, all, read };
}

/** Changes a message in place. */
const change = (all: LogMessage[], position: number, changed: Partial<LogMessage>): void => {
  all[position - 1] = { ...(all[position - 1] as LogMessage), ...changed };
};

describe('a reader of a log', () => {
  it('notices one changed byte in one body, and names the commit', async () => {
    const { all, open } = await grown(5);
    const body = Buffer.from(all[3]?.body as Buffer);
    body.writeUInt8(body.readUInt8(12) ^ 1, 12);
    change(all, 4, { body });
    const reader = await open();
    for (const call of [
      () => readAll(reader),
      () => reader.verify({}),
      () => reader.readLane({ partition: 0, fromSequence: 3, events: 9, bytes: 99 }),
    ])
      expect((await failureOf(call, 'VERIFICATION_FAILED')).details).toMatchObject({ sequence: 3 });
    expect(await readAll(reader, { from: 4, through: 5 })).toHaveLength(2);
  });

  it('notices a changed header by what later writers have seen', async () => {
    const { all, open } = await grown(5);
    const { header: before } = all[2] as LogMessage;
    const header = before
      .replace('"first":10', '"first":11')
      .replace('"first":10', '"first":11')
      .replaceAll('"last":10', '"last":11');
    change(all, 3, { header });
    await failureOf(open, 'VERIFICATION_FAILED');
  });

  it('notices a message that is missing, and one that is there twice in another place', async () => {
    for (const spoil of [
      (all: LogMessage[]) => all.splice(2, 1),
      (all: LogMessage[]) => all.splice(2, 0, { ...(all[1] as LogMessage) }),
    ]) {
      const { all, open } = await grown(5);
      spoil(all);
      for (const [at, message] of all.entries()) all[at] = { ...message, position: at + 1 };
      await failureOf(open, 'VERIFICATION_FAILED');
    }
  });

  it('notices a seal of another state, and passes one over whose text was changed', async () => {
    const { all, open, writer } = await grown(3);
    const { fold, text } = foldAll(all);
    const { uuid } = writer.identity;
    const other = text.replace('"commits":3', '"commits":4');
    const entry = encodeSeal({ ledger: uuid, seen: fold.seen, parts: [] }, text, Buffer.from(other));
    const message = { position: all.length + 1, storedAt: 0, bodyBytes: other.length };
    all.push({ ...entry, ...message });
    expect(await readAll(await open())).toHaveLength(3);
    all.pop();
    all.push({ ...encodeSeal({ ledger: uuid, seen: fold.seen, parts: [] }, other, Buffer.from(other)), ...message });
    const reader = await open();
    await failureOf(() => reader.verify({}), 'VERIFICATION_FAILED');
  });

  it('refuses a log that has lost an end which this process has seen', async () => {
    const { all, writer } = await grown(5);
    all.splice(3);
    const draft = draftOf(await writer.basis(), [{ partition: 0, time: 99, payload: 'x' }]);
    await failureOf(() => writer.commit(draft), 'LEDGER_REPLACED');
    await failureOf(() => writer.commit(draft), 'LEDGER_REPLACED');
  });

  it('begins at the last seal, and finds places in history between two', async () => {
    const sealEvery = { messages: 10, bytes: 1 << 30 };
    const { open, writer, read, all } = await grown(200, { sealEvery, sealPartBytes: 400, recent: 4 });
    await writer.close();
    expect(all.filter(({ topic }) => topic === 'seal').length).toBeGreaterThan(10);
    expect(all.filter(({ topic }) => topic === 'seal-part').length).toBeGreaterThan(0);
    const reader = await open();
    const far = async (call: () => Promise<unknown>, answer: unknown) => {
      read.bodies = 0;
      expect(await call()).toEqual(answer);
      expect(read.bodies).toBeLessThan(60);
    };
    await far(() => reader.sequenceAtTime(1001), 102);
    await far(() => reader.sequenceOfLast(50, [1], 150), 52);
    await far(async () => (await reader.positionsAt(77)).map(({ nextOffset }) => nextOffset), [38, 38]);
    await far(
      async () => (await readAll(reader, { from: 90, through: 92 })).map(({ payload }) => payload),
      ['89', '90', '91'],
    );
    await far(
      async () =>
        (await reader.readLane({ partition: 0, fromSequence: 21, events: 2, bytes: 1e6 })).map(
          ({ firstSequence }) => firstSequence,
        ),
      [21, 23],
    );
    expect(await reader.verify({})).toMatchObject({ events: 200 });
  });

  it('reads little at the end of a process that has written, whatever came before', async () => {
    const { open, writer, all } = await grown(100);
    expect(all.some(({ topic }) => topic === 'seal')).toBe(false);
    await writer.close();
    expect(all.at(-1)?.topic).toBe('seal');
    const reader = await open();
    expect(await reader.describe()).toMatchObject({ commits: 100, head: { sequence: 100 }, firstTime: 0 });
    await reader.close();
    expect(all.at(-1)?.topic, 'a process that has not written writes no seal').toBe('seal');
    expect(all.filter(({ topic }) => topic === 'seal')).toHaveLength(1);
  });

  it('counts void messages by their reasons', async () => {
    const { all, writer, open } = await grown(2, {}, { routing: 'hash:k' });
    const again = all[1] as LogMessage;
    for (const message of [
      again,
      { ...again, header: '{}' },
      { ...again, header: again.header.replace(writer.identity.uuid, 'x') },
    ])
      all.push({ ...message, position: all.length + 1 });
    const { storage } = await (await open()).describe();
    expect(storage.settings).toMatchObject({ messages: 6, 'void, stale': 1, 'void, malformed': 1, 'void, foreign': 1 });
  });
});

describe('a new ledger in a log', () => {
  it('takes lines as long as a message does, and no longer ones', async () => {
    const { writer } = await grown(0);
    const { lineBytesMax } = writer.identity.config;
    expect(lineBytesMax).toBeLessThan(writer.commitBytesMax);
    const payload = `"${'x'.repeat(lineBytesMax - 600)}"`;
    expect(await writer.commit(draftOf(await writer.basis(), [{ partition: 0, time: 1, payload }]))).toMatchObject({
      kind: 'committed',
    });
    const long = draftOf(await writer.basis(), [{ partition: 0, time: 2, payload: payload.repeat(2) }]);
    expect((await failureOf(() => writer.commit(long), 'INVALID_ARGUMENT')).message).toContain('1048576');
    expect((await writer.head()).sequence).toBe(1);
  });

  it('refuses a place where one is', async () => {
    const { driver } = newMemory();
    const create = () => driver.create(AT, toBlueprint({}), systemClock, busyLimit);
    await create();
    await failureOf(create, 'LEDGER_EXISTS');
  });

  it('is not what another program has begun, nor a later format', async () => {
    const { all, open } = await grown(0);
    const [first] = all as [LogMessage];
    for (const [changed, code] of [
      [{ header: '{"v":2}' }, 'NEWER_FORMAT'],
      [{ header: 'hello' }, 'NOT_A_LEDGER'],
      [{ topic: 'c.0' }, 'NOT_A_LEDGER'],
      [{ body: Buffer.from('{}') }, 'DAMAGED_LEDGER'],
    ] as const) {
      all[0] = { ...first, ...changed };
      await failureOf(open, code);
    }
    all.pop();
    await failureOf(open, 'NO_LEDGER');
  });
});
