/** `emit --merge`: several files in the order of their times, merged by time. */

import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { openEngine } from '../support/engines.ts';
import { expectFailure, fileIn, newLedger, parseLines, replayed, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';

const line = (at: number, file: number | string, nth: number, pad = '') =>
  `{"at":${at},"file":"${file}","n":${nth}${pad}}`;

test('merges like a stable sort by time, whatever the files are', async () => {
  const steps = fc.array(fc.nat(3), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 9 }), async (files) => {
      const inputs = files.map((each, file) => {
        let at = 1_600_000_000;
        return each.map((step, nth) => {
          at += step;
          return { at, text: line(at, file, nth) };
        });
      });
      const engine = await openEngine({ time: 'at' });
      const sources = inputs.map((each, nth) => ({
        name: `in${nth}`,
        open: async function* () {
          yield each.map(({ text }) => `${text}\n\n`).join('');
        },
      }));
      const report = await engine.ingest(sources, { merge: true });
      expect(report.late).toBe(0);
      const sorted = inputs.flat().sort((one, other) => one.at - other.at);
      const stored = [];
      for await (const event of engine.replay({})) stored.push(event.text());
      expect(stored).toEqual(sorted.map(({ text }) => text));
      await engine.close();
    }),
    { numRuns: quick(15, 200) },
  );
});

test('a share of late events above a tenth is said, with what to do', async () => {
  const directory = tempDir();
  const times = Array.from({ length: 120 }, (_, nth) => nth);
  const name = (from: number) =>
    fileIn(directory, `late${from}`, times.map((nth) => `{"at":${1_600_000_000 + from + nth}}\n`).join(''));
  const [one, other] = [name(0), name(1)];
  const late = '49 % of the events came late; emit --merge FILE.. orders files that are each in order';
  const emit = async (...args: string[]) =>
    (await succeed(['emit', '-l', await newLedger('--time', 'at'), ...args])).stderr;
  expect(await emit(one, other)).toContain(`note: ${late}\n`);
  for (const args of [['--merge', one, other], [one], ['-q', one, other]])
    expect(await emit(...args)).not.toContain('came late');
});

test('large files, compressed ones too, with a producer that resumes', async () => {
  const directory = tempDir();
  const pad = `,"pad":"${'x'.repeat(120)}"`;
  const files = [0, 1, 2].map((file) => {
    const lines = Array.from({ length: 8000 }, (_, nth) => line(1_600_000_000 + nth * 3 + file, file, nth, pad));
    const text = `${lines.join(file === 1 ? '\r\n' : '\n')}\n`;
    return fileIn(directory, `in${file}`, file === 2 ? gzipSync(text) : text);
  });
  const ledger = await newLedger('--time', 'at');
  const { stderr } = await succeed(['emit', '-l', ledger, '--merge', '--producer', 'all', ...files]);
  expect(stderr).not.toContain(' late');
  const stored = await replayed(ledger);
  expect(
    stored
      .split('\n')
      .slice(0, -1)
      .map((each) => JSON.parse(each).at),
  ).toEqual(Array.from({ length: 24_000 }, (_, nth) => 1_600_000_000 + nth));
  expect((await succeed(['emit', '-l', ledger, '--merge', '--producer', 'all', ...files])).stderr).toContain(
    '24,000 lines',
  );
  expectFailure(
    await runCli(['emit', '-l', ledger, '--merge', '--producer', 'all', files[0] as string, files[1] as string]),
    4,
    "producer 'all'",
  );
});

test('a bad line is named in its own file, and rejected there', async () => {
  const directory = tempDir();
  const good = fileIn(
    directory,
    'good',
    Array.from({ length: 50 }, (_, nth) => `${line(1000 + nth, 'good', nth)}\n`).join(''),
  );
  const bad = fileIn(directory, 'bad', `${line(1001, 'bad', 0)}\n\n{"at":"soon"}\n${line(1030, 'bad', 3)}\nno\n`);
  const ledger = await newLedger('--time', 'at');
  expectFailure(
    await runCli(['emit', '-l', ledger, '--merge', good, bad]),
    65,
    `${bad}: line 3, byte 1: 'at' is not a time`,
  );
  const rejects = `${directory}/rejects`;
  const other = await newLedger('--time', 'at');
  expect((await runCli(['emit', '-l', other, '--merge', '--rejects', rejects, good, bad])).code).toBe(65);
  const { readFileSync } = await import('node:fs');
  const listed = parseLines(readFileSync(rejects)) as { source: string; line: number }[];
  expect(listed.map(({ source, line: at }) => [source, at])).toEqual([
    [bad, 3],
    [bad, 5],
  ]);
  expect((await replayed(other)).split('\n')).toHaveLength(53);
});

test('events without a time cannot be merged', async () => {
  expectFailure(
    await runCli(['emit', '-l', await newLedger(), '--merge'], { input: '1\n' }),
    2,
    'merged by the times of their events, and these have none',
  );
});
