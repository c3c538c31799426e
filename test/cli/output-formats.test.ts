/** The flags that follow from the registry of formats, and documents that several runs write together. */

import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { deliverParked } from '../../src/cli/group/parked-events.ts';
import { completeOutput } from '../../src/cli/replay/complete-output.ts';
import { runReplay } from '../../src/cli/replay/run.ts';
import { CursorFile } from '../../src/cli/state/cursor-file.ts';
import { tailFlags } from '../../src/cli/tail/flags.ts';
import { tailGroup } from '../../src/cli/tail/group.ts';
import { tailHistory } from '../../src/cli/tail/history.ts';
import { appendFlags, outputFormat, outputText, standardOutput } from '../../src/cli/terminal/output.ts';
import { type OutputFlags, outputFlags } from '../../src/cli/terminal/output-flags.ts';
import { type Completengine, type EventFormat, formats, type OpenOptions } from '../../src/index.ts';
import { failureOf, openEngine } from '../support/engines.ts';
import { FakeTimer } from '../support/fake-timer.ts';
import { framed, framedText } from '../support/framed-format.ts';
import { seededForTest } from '../support/seeded.ts';
import { tempDir } from '../support/temp-dir.ts';

const EVENTS = 12;

async function numbersEngine(options: Partial<OpenOptions> = {}): Promise<Completengine> {
  const engine = await openEngine({ partitions: 1, ...options });
  for (let n = 1; n <= EVENTS; n++) await engine.emit({ n });
  return engine;
}

/** Adds the test's format to the registry; a new format needs no more than that. */
function register(): void {
  const registry: Record<string, EventFormat> = formats;
  registry[framed.name] = framed;
  onTestFinished(() => {
    delete registry[framed.name];
  });
}

/** Catches what is written to standard output. */
function captured(): () => string {
  let text = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(((
    bytes: Buffer | string,
    done: (error?: Error) => void,
  ) => {
    text += bytes.toString();
    done();
    return true;
  }) as typeof process.stdout.write);
  onTestFinished(() => write.mockRestore());
  return () => text;
}

function interrupt() {
  const controller = new AbortController();
  const { signal } = controller;
  return {
    signal,
    atOnce: signal,
    isReceived: false,
    abort: () => controller.abort(),
    setExitCode: () => {},
    close: () => {},
  };
}

test('without a format that needs more there is one flag; settings and --append come with the formats', () => {
  const { payload, envelope } = formats;
  expect(Object.keys(outputFlags({ payload, envelope }))).toEqual(['output']);
  const flags: Record<string, { description?: string | undefined }> = outputFlags({ payload, envelope, framed });
  expect(Object.keys(flags)).toEqual(['output', 'mark', 'append']);
  expect(flags['output']).toMatchObject({ options: ['payload', 'envelope', 'framed', 'pretty'] });
  expect(flags['output']?.description).toContain('; framed: sequences between a head and a foot; pretty: for people.');
  expect(tailFlags.output.options).toEqual([...Object.keys(formats), 'pretty']);
});

test('a setting alone chooses the format that has it; one that several have, or a missing one, is one line', async () => {
  expect((await outputFormat({ format: '%s' } as object)).name).toBe('template');
  for (const [flags, message, hint] of [
    [{ fields: 'key' }, '--fields without a format', '-o csv or -o tsv'],
    [{ output: 'csv' }, '-o csv needs --fields', '--fields FIELD,..'],
    [{ output: 'template' }, '-o template needs --format', '--format TEMPLATE'],
    [{ output: 'payload', fields: 'key' }, '--fields is not a setting of -o payload', '-o csv or -o tsv'],
    [{ output: 'pretty', fields: 'key' }, '--fields is not a setting of -o pretty', '-o csv or -o tsv'],
  ] as const) {
    const failure = await failureOf(() => outputFormat(flags as OutputFlags), 'INVALID_ARGUMENT');
    expect(failure.message).toBe(message);
    expect(failure.hint).toContain(hint);
  }
});

test('a setting goes to the format that has it, and is refused for others', async () => {
  const registry = { ...formats, framed };
  const given = { output: 'framed', mark: '#' };
  const engine = await numbersEngine();
  const lines: Buffer[] = [];
  const format = await outputFormat(given, registry);
  await engine.replay({ throughSequence: 2 }).deliver({
    deliver: async (page, labels) => {
      for (const batch of page) lines.push(...format.lines(batch, labels));
      return true;
    },
  });
  expect(Buffer.concat(lines).toString()).toBe('#1\n#2\n');
  const alien = { output: 'payload', mark: '#' };
  const { message, hint } = await failureOf(() => outputFormat(alien, registry), 'INVALID_ARGUMENT');
  expect(message).toBe('--mark is not a setting of -o payload');
  expect(hint).toContain('-o framed');
});

test('replays with a cursor file write one document together, wherever they are interrupted', async () => {
  register();
  // time passes only while a replay waits, so that no two events are due together
  const engine = await numbersEngine({ timer: new FakeTimer(seededForTest()) });
  const text = captured();
  const path = join(tempDir(), 'replay.cursor');
  const run = async (stopAt: number) => {
    const cursor = new CursorFile(path, () => {});
    const output = { output: 'framed' };
    if (cursor.isAtEnd) return completeOutput(cursor, output, interrupt().signal);
    const request = cursor.resume(engine.identity.uuid, { rate: 100 }, outputText(output));
    const stop = interrupt();
    const advance = cursor.advance.bind(cursor);
    cursor.advance = (progress) => {
      advance(progress);
      if ((progress.sequence ?? 0) >= stopAt) stop.abort();
    };
    await runReplay(engine, stop, {
      request,
      isStepping: false,
      isQuiet: true,
      cursor,
      into: null,
      exec: undefined,
      output,
    });
  };
  await run(0);
  await run(4);
  await run(9);
  expect(text()).not.toContain('foot');
  await run(Number.POSITIVE_INFINITY);
  expect(text()).toBe(framedText(1, EVENTS));
  const cursor = new CursorFile(path, () => {});
  expect(cursor.isAtEnd).toBe(true);
  await completeOutput(cursor, { output: 'framed' }, interrupt().signal);
  expect(text()).toBe(framedText(1, EVENTS));
});

test('a replay that was interrupted after its last event still gets its end', async () => {
  register();
  const engine = await numbersEngine();
  const text = captured();
  const path = join(tempDir(), 'replay.cursor');
  const first = new CursorFile(path, () => {});
  first.resume(engine.identity.uuid, {}, '-o payload');
  first.advance({ from: 1, through: EVENTS, events: EVENTS, sequence: EVENTS, time: 0 });
  first.save();
  for (const _ of ['ends it', 'finds it ended']) {
    const cursor = new CursorFile(path, () => {});
    cursor.resume(engine.identity.uuid, {}, '-o payload');
    expect(cursor.isAtEnd).toBe(true);
    await completeOutput(cursor, { output: 'framed' }, interrupt().signal);
    expect(text()).toBe('foot\n');
  }
});

test('the command that resumes a replay without a cursor file continues the document', async () => {
  register();
  const text = captured();
  expect(await appendFlags({ output: 'framed' })).toEqual(['--append']);
  expect(await appendFlags({ output: 'envelope' })).toEqual([]);
  const given = { output: 'framed', append: true };
  expect(await appendFlags(given)).toEqual([]);
  const engine = await numbersEngine();
  await engine.replay({ fromSequence: 11 }).deliver(await standardOutput(given, undefined));
  expect(text()).toBe('11\n12\nfoot\n');
});

const EVERYTHING = { range: undefined, partitions: [], positional: [] };

test('tails with a cursor file write one document without an end; one without it writes a whole document', async () => {
  register();
  const engine = await numbersEngine();
  const text = captured();
  const flags = { ledger: '', 'busy-timeout': '5s', output: 'framed', follow: false } as Parameters<
    typeof tailHistory
  >[3];
  const tailed = async (more: object) => tailHistory(engine, interrupt(), EVERYTHING, { ...flags, ...more });
  await tailed({ number: '2' });
  expect(text()).toBe(framedText(11, 12));
  const cursor = { 'cursor-file': join(tempDir(), 'tail.cursor') };
  await tailed({ ...cursor, number: '0' });
  expect(text()).toBe(framedText(11, 12));
  await engine.emit([13, 14, 15, 16]);
  for (const _ of [1, 2]) await tailed({ ...cursor, limit: 2 });
  expect(text()).toBe(`${framedText(11, 12)}head\n13\n14\n15\n16\n`);
});

test('a member of a group writes a document of what it was delivered', async () => {
  register();
  const engine = await numbersEngine();
  const text = captured();
  const flags = { group: 'g', from: 'start', output: 'framed', 'exit-at-head': true } as Parameters<
    typeof tailGroup
  >[3];
  await tailGroup(engine, interrupt(), EVERYTHING, flags);
  expect(text()).toBe(framedText(1, EVENTS));
});

test('parked events in a format are a document, in sequence order and read in few pieces', async () => {
  const engine = await numbersEngine();
  const subscription = await engine.subscribe(
    { group: 'g', from: 'start', maxDeliver: 1, batch: 1, until: { head: true }, onParked: () => {} },
    async (delivery) => {
      if (delivery.firstSequence % 3 === 0) throw new Error('no');
    },
  );
  await subscription.finished;
  register();
  const text = captured();
  const { signal } = interrupt();
  const print = async (group: string) =>
    deliverParked(engine, engine.parked(group), await standardOutput({ output: 'framed' }, signal), signal);
  expect(await print('g')).toBe(true);
  expect(text()).toBe('head\n3\n6\n9\n12\nfoot\n');
  await engine.dropParked('g', 'all');
  await print('g');
  expect(text()).toBe(`head\n3\n6\n9\n12\nfoot\n${framedText(1, 0)}`);
});
