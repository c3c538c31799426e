/** Laws of entries that are appended together, for every log that does it. */

import { afterAll, describe, expect, it } from 'vitest';
import type { LogEntry, LogMessage, OrderedLog } from '../../src/core/ledger/log/ordered-log.ts';
import { rejectionOf } from '../support/refusals.ts';
import { until } from '../support/until.ts';
import { BATCH_LOGS } from './logs.ts';

const entry = (topic: string, header: string, body: Buffer | string = ''): LogEntry => ({
  topic,
  header,
  body: Buffer.from(body),
});

const batch = (name: string, frames: number): LogEntry[] => [
  ...Array.from({ length: frames }, (_, at) => entry(`f.${at % 8}`, '', `${name} ${at}`)),
  entry('l', name),
];

async function readAll(log: OrderedLog): Promise<LogMessage[]> {
  const found: LogMessage[] = [];
  for await (const message of log.read({ from: 1, through: 1_000_000, hasBodies: true })) found.push(message);
  return found;
}

const asText = ({ topic, header, body }: LogEntry) => ({ topic, header, body: body.toString() });

describe.each(BATCH_LOGS)('entries together in $name', (factory) => {
  afterAll(() => factory.stop());

  it('stand right behind one another, whatever is appended beside them', async () => {
    const logs = (await factory.open(3)) as readonly [OrderedLog, OrderedLog, OrderedLog];
    const sent = Array.from({ length: 30 }, (_, at) => batch(`b${at}`, at % 9));
    const positions = await Promise.all(
      sent.flatMap((entries, at) => [
        (logs[at % 3] as OrderedLog).appendBatch(entries),
        (logs[(at + 1) % 3] as OrderedLog).append(entry('c.0', 'alone')),
      ]),
    );
    const all = await readAll(logs[0]);
    expect(all.length).toBe(sent.flat().length + 30);
    for (const [at, entries] of sent.entries()) {
      const through = positions[at * 2] as number;
      expect(all.slice(through - entries.length, through).map(asText)).toEqual(entries.map(asText));
    }
  });

  it('keep the order of calls that overlap', async () => {
    const [log] = (await factory.open(1)) as readonly [OrderedLog];
    const positions = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        at % 3 === 0 ? log.append(entry('c.0', `${at}`)) : log.appendBatch(batch(`${at}`, 2)),
      ),
    );
    expect(positions).toEqual([...positions].sort((one, other) => Number(one) - Number(other)));
  });

  it('are as many as the log takes', async () => {
    const [log] = (await factory.open(1)) as readonly [OrderedLog];
    expect(await log.appendBatch(batch('large', log.batchMax - 1))).toBe(log.batchMax);
    expect((await readAll(log)).length).toBe(log.batchMax);
    expect(await log.appendBatch([entry('l', 'one')])).toBe(log.batchMax + 1);
  });

  it('are appended after a position, or none of them is', async () => {
    const logs = (await factory.open(3)) as readonly [OrderedLog, OrderedLog, OrderedLog];
    const [log] = logs;
    expect(await log.appendBatch(batch('a', 3), { after: 0 })).toBe(4);
    expect(await log.appendBatch(batch('b', 3), { after: 0 })).toBeNull();
    expect(await log.appendBatch(batch('c', 3), { after: 3 })).toBeNull();
    const together = await Promise.all(logs.map((each, at) => each.appendBatch(batch(`e${at}`, 2), { after: 4 })));
    expect(together.filter((position) => position !== null)).toEqual([7]);
    expect((await readAll(log)).length).toBe(7);
  });

  it('are reported to followers whole and in order', async () => {
    const [log, other] = (await factory.open(2)) as readonly [OrderedLog, OrderedLog];
    const topics: string[] = [];
    const following = other.follow(1, { onMessage: ({ topic }) => void topics.push(topic), onError: () => {} });
    await log.appendBatch(batch('a', 3));
    await log.appendBatch(batch('b', 2));
    await until(() => topics.length === 7);
    following.close();
    expect(topics).toEqual(['f.0', 'f.1', 'f.2', 'l', 'f.0', 'f.1', 'l']);
  });

  it('are not appended to a closed log', async () => {
    const [log] = (await factory.open(1)) as readonly [OrderedLog];
    await log.close();
    expect((await rejectionOf((async () => log.appendBatch(batch('a', 1)))())).code).toBe('CLOSED');
  });
});
