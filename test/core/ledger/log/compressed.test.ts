/** A log whose bodies travel compressed: the same events as in a plain one, what fits into a message, and what a reader does with hostile bodies. */

import { Readable } from 'node:stream';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { toBlueprint } from '../../../../src/core/engine/open.ts';
import { encodeBody } from '../../../../src/core/frames/frame-codec.ts';
import { registerDriver } from '../../../../src/core/ledger/drivers.ts';
import type { Ledger } from '../../../../src/core/ledger/ledger.ts';
import { PROPOSAL_PLAIN_BYTES_MAX } from '../../../../src/core/ledger/log/format/plain-body.ts';
import { readProposal } from '../../../../src/core/ledger/log/format/proposal.ts';
import type { LogMessage } from '../../../../src/core/ledger/log/ordered-log.ts';
import { hashBody } from '../../../../src/core/ledger/protocol/chain.ts';
import { Completengine, type CreateOptions, LedgerError, systemClock } from '../../../../src/index.ts';
import { type DraftEvent, draftOf, readAll } from '../../../ledger-contract/drafts.ts';
import { failureOf, ledgerPath } from '../../../support/engines.ts';
import { newMemory } from '../../../support/memory-driver/memory-driver.ts';
import { Seeded } from '../../../support/seeded.ts';
import { quick } from '../../../support/test-size.ts';
import { bomb } from '../../../support/zstd-bomb.ts';

const busyLimit = { limitMs: 1000 };
const MIB = 1024 * 1024;
const ZSTD = { codec: 'zstd', level: 1 } as const;
const memory = newMemory();
let number = 0;

beforeAll(() => registerDriver('zlog', async () => memory.driver));

const newLocation = (): string => `zlog://compressed/${number++}`;

async function created(options: CreateOptions = { compression: 'zstd' }) {
  const at = newLocation();
  await memory.driver.create(at, toBlueprint({ partitions: 2, ...options }), systemClock, busyLimit);
  const open = async (): Promise<Ledger> => {
    const ledger = await memory.driver.open(at, { access: 'write', busyLimit });
    onTestFinished(() => ledger.close());
    return ledger;
  };
  return { open, all: memory.messagesOf(at).all };
}

/** Commits of one event each, in turn for two partitions. */
async function grown(commits: number, options?: CreateOptions) {
  const { open, all } = await created(options);
  const writer = await open();
  for (let at = 0; at < commits; at++) await committed(writer, [{ partition: at % 2, time: at, payload: `${at}` }]);
  return { open, all, writer };
}

async function committed(ledger: Ledger, events: readonly DraftEvent[]): Promise<void> {
  expect(await ledger.commit(draftOf(await ledger.basis(), events))).toMatchObject({ kind: 'committed' });
}

async function openEngine(options: Parameters<typeof Completengine.open>[0]): Promise<Completengine> {
  const engine = await Completengine.open({ routing: 'hash:k', partitions: 2, ...options });
  onTestFinished(() => engine.close());
  return engine;
}

const sizesOf = async (ledger: Ledger) =>
  (await ledger.describe()).partitions.map(({ bytes, storedBytes }) => ({ bytes, storedBytes }));

describe('a log that compresses', () => {
  it('carries smaller bodies of the same events, and says how much they save', async () => {
    const [plain, zstd] = [await grown(6, {}), await grown(6)];
    expect(await readAll(zstd.writer)).toEqual(await readAll(plain.writer));
    for (const [at, { bodyBytes, header }] of zstd.all.entries()) {
      if (at === 0) continue;
      expect(bodyBytes).toBeLessThan((plain.all[at]?.bodyBytes as number) / 4);
      expect(header).toContain('"plain":');
      expect(plain.all[at]?.header).not.toContain('"plain"');
    }
    const [own, others] = [await sizesOf(zstd.writer), await sizesOf(plain.writer)];
    expect(own.map(({ bytes }) => bytes)).toEqual(others.map(({ bytes }) => bytes));
    for (const { bytes, storedBytes } of own) expect(storedBytes).toBeLessThan(bytes / 4);
    for (const { bytes, storedBytes } of others) expect(storedBytes).toBe(bytes);
    expect(await zstd.writer.verify({})).toMatchObject({ events: 6 });
  });

  it('has a fixed compression, and sends what would save little as it is', async () => {
    const ledger = newLocation();
    const engine = await openEngine({ ledger, compression: 'zstd:3' });
    await engine.emit({ k: 1 });
    expect(memory.messagesOf(ledger).all[1]?.body.toString()).toContain('{"k":1}');
    await engine.close();
    const other = await failureOf(() => openEngine({ ledger, compression: 'none' }), 'CONFIG_MISMATCH');
    expect(other.message).toContain('compression is zstd:3, not none');
    await openEngine({ ledger, compression: 'zstd:3' });
  });

  it('counts late events, whose times are raised, in compressed bodies', async () => {
    const { writer } = await grown(3);
    const events = [0, 1, 9].map((time) => ({ partition: 0, time, payload: `${time}` }));
    expect(await writer.commit(draftOf(await writer.basis(), events))).toMatchObject({ late: 2 });
    expect((await readAll(writer)).slice(3).map(({ time, payload }) => [time, payload])).toEqual([
      [2, '0'],
      [2, '1'],
      [9, '9'],
    ]);
    await writer.verify({});
  });

  it('takes commits and transactions that fit into a message when they are compressed', async () => {
    const { writer, all } = await created().then(async ({ open, all }) => ({ writer: await open(), all }));
    const long = (at: number) => [{ partition: at % 2, time: at, payload: `"${`${at}`.repeat(600_000)}"` }];
    await committed(writer, [...long(2), { ...(long(3)[0] as DraftEvent), time: 3 }]);
    const transaction = await writer.begin();
    for (const at of [4, 5, 6, 7])
      expect(await transaction.commit(draftOf(await writer.basis(), long(at)))).toMatchObject({ kind: 'committed' });
    await transaction.end();
    expect(all).toHaveLength(3);
    expect((await readAll(writer)).map(({ time }) => time)).toEqual([2, 3, 4, 5, 6, 7]);
    expect(await writer.verify({})).toMatchObject({ events: 6, commits: 5 });
  });

  it('takes no more in one message than readers decompress for one', async () => {
    const { open } = await created();
    const writer = await open();
    const payload = `"${'x'.repeat(PROPOSAL_PLAIN_BYTES_MAX / 2)}"`;
    const draft = draftOf(
      await writer.basis(),
      [0, 1].map((partition) => ({ partition, time: 1, payload })),
    );
    expect((await failureOf(() => writer.commit(draft), 'INVALID_ARGUMENT')).message).toContain(
      'before they are compressed',
    );
    const transaction = await writer.begin();
    const half = draftOf(await writer.basis(), [{ partition: 0, time: 1, payload }]);
    await transaction.commit(half);
    await failureOf(() => transaction.commit(half), 'INVALID_ARGUMENT');
    await transaction.abandon();
    expect(await writer.head()).toMatchObject({ sequence: 0 });
  });

  it('measures lines as they are: a line that is longer than a message is a bad one', async () => {
    const ledger = newLocation();
    const engine = await openEngine({ ledger, compression: 'zstd' });
    const { lineBytesMax } = engine.identity.config;
    expect(lineBytesMax).toBeLessThan(MIB);
    const line = (bytes: number) => `{"k":"${'x'.repeat(bytes - 8)}"}`;
    await engine.emit(Readable.from([line(lineBytesMax)]));
    const failure = await failureOf(() => engine.emit(Readable.from([line(lineBytesMax + 1)])), 'BAD_LINE');
    expect(failure.message).toContain(`longer than ${lineBytesMax} bytes`);
    expect((await engine.head()).sequence).toBe(1);
  });

  it('is copied from and to files and logs, compressed and plain, with one digest', async () => {
    const settings = { routing: 'hash:k', time: 't' } as const;
    const text = Array.from(
      { length: 5000 },
      (_, at) => `{"k":${at % 7},"t":${1e9 + at},"text":"haddock ${at % 9}"}\n`,
    );
    let from = await openEngine({ ledger: ledgerPath(), ...settings });
    await from.emit(Readable.from([text.join('')]));
    const { digest } = await from.replay().deliver(null);
    for (const [ledger, compression] of [
      [newLocation(), 'zstd'],
      [ledgerPath(), 'zstd'],
      [newLocation(), 'none'],
      [newLocation(), 'zstd:5'],
      [ledgerPath(), 'none'],
    ] as const) {
      const into = await openEngine({ ledger, compression, ...settings });
      await from.replayInto(into, {});
      expect((await into.replay().deliver(null)).digest).toBe(digest);
      expect((await into.verify()).events).toBe(text.length);
      from = into;
    }
  });
});

/** Another body in the message of one frame, and what else its frame says. */
function damage(all: LogMessage[], position: number, frame: Buffer, says: Record<string, unknown> = {}): void {
  const message = all[position - 1] as LogMessage;
  const header = JSON.parse(message.header) as { commits: [{ frames: [object] }] };
  Object.assign(header.commits[0].frames[0], { len: frame.length, ...says });
  const body = Buffer.concat([Buffer.from('['), frame, Buffer.from(']')]);
  all[position - 1] = { ...message, header: JSON.stringify(header), body, bodyBytes: body.length };
}

const frameOf = ({ body }: LogMessage): Buffer => Buffer.from(body.subarray(1, -1));
const plainOf = ({ header }: LogMessage): number => Number(/"plain":(\d+)/.exec(header)?.[1]);

/** The commit at sequence 3, which is in partition 0 and in message 4, is not what it was. */
async function expectNamed({ open }: Pick<Awaited<ReturnType<typeof grown>>, 'open'>): Promise<void> {
  const reader = await open();
  for (const call of [
    () => readAll(reader),
    () => readAll(reader, undefined, null, false),
    () => reader.verify({}),
    () => reader.readLane({ partition: 0, fromSequence: 3, events: 9, bytes: 99 }),
  ]) {
    const failure = await failureOf(call, 'VERIFICATION_FAILED');
    expect(failure.message).toContain('the commit at sequence 3 is corrupt');
    expect(failure.details).toMatchObject({ sequence: 3 });
  }
  expect(await readAll(reader, { from: 4, through: 5 })).toHaveLength(2);
}

describe('a hostile body', () => {
  it.each([
    ['cut', (frame: Buffer) => frame.subarray(0, -1)],
    ['cut to its header', (frame: Buffer) => frame.subarray(0, 8)],
    ['followed by a byte', (frame: Buffer) => Buffer.concat([frame, Buffer.from([0])])],
    ['followed by itself', (frame: Buffer) => Buffer.concat([frame, frame])],
    ['of zeros', (frame: Buffer) => Buffer.alloc(frame.length)],
  ])('that is %s is named', async (_, change) => {
    const log = await grown(5);
    damage(log.all, 4, change(frameOf(log.all[3] as LogMessage)));
    await expectNamed(log);
  });

  it.each([
    ['compressed, and its frame does not say so', () => undefined],
    ['shorter than its frame says', (plain: number) => plain + 1],
    ['longer than its frame says', (plain: number) => plain - 1],
  ])('that is %s is named', async (_, said) => {
    const log = await grown(5);
    const message = log.all[3] as LogMessage;
    damage(log.all, 4, frameOf(message), { plain: said(plainOf(message)) });
    await expectNamed(log);
  });

  it('that is plain, and whose frame says it is compressed, is named', async () => {
    const log = await grown(5, {});
    const frame = frameOf(log.all[3] as LogMessage);
    damage(log.all, 4, frame, { plain: frame.length });
    await expectNamed(log);
  });

  it('with any flipped bit is named, or is what was committed', async () => {
    const log = await grown(5);
    const sound = await readAll(log.writer);
    const message = log.all[3] as LogMessage;
    const chance = new Seeded(5);
    let named = 0;
    for (let flip = 0; flip < quick(60, 600); flip++) {
      const frame = frameOf(message);
      const at = chance.between(0, frame.length - 1);
      frame.writeUInt8(frame.readUInt8(at) ^ (1 << chance.between(0, 7)), at);
      damage(log.all, 4, frame);
      const reader = await log.open();
      for (const verify of [true, false]) {
        try {
          expect(await readAll(reader, undefined, null, verify)).toEqual(sound);
        } catch (error) {
          expect(error).toBeInstanceOf(LedgerError);
          expect(error).toMatchObject({ code: 'VERIFICATION_FAILED', details: { sequence: 3 } });
          named++;
        }
      }
      await reader.close();
      log.all[3] = message;
    }
    expect(named).toBeGreaterThan(quick(60, 600));
  });

  it.each([
    { name: 'that declares more than its frame says', declared: 1024 * MIB, blocks: 8192, plain: 2000 },
    { name: 'that is longer than it declares', declared: 2000, blocks: 8192, plain: 2000 },
    { name: 'of a petabyte', declared: 2 ** 50, blocks: 8192, plain: PROPOSAL_PLAIN_BYTES_MAX },
    {
      name: 'as long as a message may be',
      declared: PROPOSAL_PLAIN_BYTES_MAX,
      blocks: 512,
      plain: PROPOSAL_PLAIN_BYTES_MAX,
    },
  ])('takes little memory as a bomb $name', async ({ declared, blocks, plain }) => {
    const log = await grown(5);
    damage(log.all, 4, bomb(declared, blocks), { plain });
    const before = process.memoryUsage().rss;
    await expectNamed(log);
    expect(process.memoryUsage().rss - before).toBeLessThan(512 * MIB);
  });

  it('of a writer that knows its hash takes no tables for events that it cannot have', async () => {
    const log = await grown(3);
    const plain = Buffer.alloc(PROPOSAL_PLAIN_BYTES_MAX, '1');
    const says = { plain: plain.length, n: plain.length / 2, hash: hashBody(plain).toString('hex') };
    damage(log.all, 4, encodeBody(plain, ZSTD).bytes, says);
    const message = log.all[3] as LogMessage;
    log.all[3] = { ...message, header: message.header.replace('"count":1,', `"count":${says.n},`) };
    const reader = await log.open();
    expect((await reader.head()).sequence).toBe(2 + says.n);
    const failure = await failureOf(() => readAll(reader), 'VERIFICATION_FAILED');
    expect(failure.details).toMatchObject({ sequence: 3 });
    expect(failure.message).toContain(`promises ${says.n} events in ${plain.length} bytes`);
  });
});

describe('a header', () => {
  it('with another kind, or with more than a reader decompresses, is no proposal', async () => {
    const { all, writer } = await grown(1);
    await committed(
      writer,
      [0, 1].map((partition) => ({ partition, time: 2, payload: '1' })),
    );
    const [, one, two] = all as [LogMessage, LogMessage, LogMessage];
    const change = (message: LogMessage, to: string) =>
      readProposal({ ...message, header: message.header.replace(/"plain":\d+/g, to) }, 'packed');
    expect(typeof change(one, `"plain":${plainOf(one)}`)).toBe('object');
    expect(typeof change(one, `"plain":${PROPOSAL_PLAIN_BYTES_MAX}`)).toBe('object');
    for (const to of [
      `"plain":${PROPOSAL_PLAIN_BYTES_MAX + 1}`,
      '"plain":null',
      '"plain":-1',
      '"plain":1.5',
      '"plain":"9"',
      '"plain":9007199254740993',
      '"lz4":600',
      '"plain":600,"lz4":600',
      '"__proto__":600',
    ])
      expect(typeof change(one, to), to).toBe('string');
    expect(typeof change(two, `"plain":${PROPOSAL_PLAIN_BYTES_MAX / 2}`)).toBe('object');
    expect(change(two, `"plain":${PROPOSAL_PLAIN_BYTES_MAX / 2 + 1}`)).toBe(
      'its bodies are too long when they are plain',
    );
  });
});
