import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ledgerPath, openEngine } from '../support/engines.ts';
import { expectSoundLedger, storedEvents } from '../support/invariants.ts';
import { expectFailure, fileIn, newLedger, parseLines, succeed } from '../support/ledger-cli.ts';
import { runShell } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';

function lines(count: number): string {
  return Array.from({ length: count }, (_, n) => `{"n":${n},"text":"${'x'.repeat(100)}"}\n`).join('');
}

/** Filled ledgers by their number of events, as bytes: filling them for each test takes half of its time. */
const filled = new Map<number, Buffer>();

async function filledLedger(count: number): Promise<string> {
  const known = filled.get(count);
  if (known !== undefined) return fileIn(tempDir(), 'events.codex', known);
  const ledger = await newLedger();
  await succeed(['emit', '-q', '-l', ledger], { input: lines(count) });
  filled.set(count, readFileSync(ledger));
  return ledger;
}

/** Many times what a pipe holds. */
const MANY = quick(30_000, 60_000);

test.each([
  ['tail -n all'],
  ['replay -q'],
  ['replay -q -o envelope'],
  ...quick([], [['tail'], ['tail -n all -o envelope'], ['replay -q --determinism relaxed']]),
])('%s | head -1 ends with 0 and prints nothing on standard error', async (command) => {
  const ledger = await filledLedger(MANY);
  const { stdout, stderr, code } = await runShell(
    `completengine ${command} -l "$ledger" | head -1; exit \${PIPESTATUS[0]}`,
    { ledger },
  );
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expect(parseLines(stdout)).toHaveLength(1);
});

test.each([['tail -f'], ['tail -f -n all'], ['inspect --watch'], ['inspect --watch --every 1h']])(
  '%s | head -1 ends even if no further event comes',
  async (command) => {
    for (const count of quick(command === 'tail -f -n all' ? [1, 20_000] : [1], [1, 20_000])) {
      const ledger = await filledLedger(count);
      const { stdout, stderr, code } = await runShell(
        `completengine ${command} -l "$ledger" | head -1; exit \${PIPESTATUS[0]}`,
        { ledger },
      );
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
      expect(parseLines(stdout)).toHaveLength(1);
    }
  },
);

test('a replay whose output pipe is closed reports that it stopped early', async () => {
  const ledger = await filledLedger(MANY);
  const { stderr, code } = await runShell(
    `completengine replay --json -l "$ledger" | head -1 > /dev/null; exit \${PIPESTATUS[0]}`,
    { ledger },
  );
  expect(code).toBe(0);
  expect(JSON.parse(stderr)).toMatchObject({ isComplete: false });
  const delivered = await runShell(`completengine replay -l "$ledger" | head -1 > /dev/null; exit \${PIPESTATUS[0]}`, {
    ledger,
  });
  expect(delivered.code).toBe(0);
  expect(delivered.stderr).toContain('stopped ');
  expect(delivered.stderr).not.toContain('no events in this range');
});

test('a replay whose reader leaves counts what was written to the pipe, and says so', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger });
  // rows of 1,000 events fit into the 64 KiB of a pipe, and those of 6,000 do not; head -1 would leave before any event was taken
  for (let commit = 0; commit < 6; commit++)
    await engine.emit(Array.from({ length: 1000 }, (_, n) => ({ n, pad: 'x'.repeat(1200) })));
  const { stdout, stderr } = await runShell(
    `completengine replay -o csv --fields sequence,partition,time -l "$ledger" | awk 'NR == 1; NR == 1001 { exit }'; exit \${PIPESTATUS[0]}`,
    { ledger },
  );
  expect(stdout.toString()).toBe('sequence,partition,time\r\n');
  expect(stderr).toMatch(/^[\d,]+ events written \(.*; stopped early: the reader has gone, and may have read less$/m);
  expect(Number(/^[\d,]+/.exec(stderr)?.[0].replace(',', ''))).toBeLessThan(6000);
});

test.each([
  'inspect',
  'inspect --json',
  'partition',
  '--help',
  '--version',
  ...quick([], ['inspect --verify', 'inspect --sequence 1', 'partition --json', 'emit --help']),
])('%s into a closed pipe ends with 0 and prints nothing on standard error', async (command) => {
  const variables = { COMPLETENGINE_LEDGER: await filledLedger(10), pipe: join(tempDir(), 'pipe') };
  // descriptor 4 writes to a pipe whose only reader, 3, is closed before the command starts
  const script = `mkfifo "$pipe"; exec 3<> "$pipe" 4> "$pipe" 3<&-; completengine ${command} >&4; echo "$?" >&2`;
  expect((await runShell(script, variables)).stderr).toBe('0\n');
});

test('a replay whose reader leaves within the first batch names that as the cause', async () => {
  const variables = { COMPLETENGINE_LEDGER: await filledLedger(10), pipe: join(tempDir(), 'pipe') };
  const script = 'mkfifo "$pipe"; exec 3<> "$pipe" 4> "$pipe" 3<&-; completengine replay >&4; echo "$?" >&2';
  expect((await runShell(script, variables)).stderr).toBe(
    'stopped early: the reader has gone, and has read a part of the first batch of events at most\n0\n',
  );
});

test.each([
  ['tail -f'],
  ['replay -q'],
  ['inspect'],
  ['inspect --json'],
  ['partition'],
  ['emit -q --receipts'],
  ['emit --json'],
  ...quick([], [['tail'], ['replay -q -o envelope'], ['inspect --verify'], ['partition --json']]),
])('%s to a full disk ends with 74 and an error', async (command) => {
  const ledger = await filledLedger(10);
  const result = await runShell(`echo '{"n":"more"}' | completengine ${command} -l "$ledger" > /dev/full`, { ledger });
  expectFailure(result, 74, 'the output cannot be written: ENOSPC');
});

test('a failed write of receipts does not undo the commit', async () => {
  const ledger = await filledLedger(0);
  await runShell(`echo '{"n":"more"}' | completengine emit --receipts -l "$ledger" > /dev/full`, { ledger });
  expect(storedEvents(ledger)).toHaveLength(1);
});

test('a slow reader gets every byte', async () => {
  const ledger = await filledLedger(MANY);
  const script = `completengine replay -q -l "$ledger" | { head -c 100000; sleep 0.1; head -c 3000000; sleep 0.1; cat; }; exit \${PIPESTATUS[0]}`;
  const { stdout, code } = await runShell(script, { ledger });
  expect(code).toBe(0);
  expect(stdout.toString() === lines(MANY)).toBe(true);
});

test('a file gets every byte too', async () => {
  const ledger = await filledLedger(MANY);
  const { stdout } = await runShell('completengine replay -q -l "$ledger" > "$ledger.out"; cat "$ledger.out"', {
    ledger,
  });
  expect(stdout.toString() === lines(MANY)).toBe(true);
});

test('emit stops when the output pipe of its receipts is closed, reports that, and exits with 0', async () => {
  const ledger = await newLedger();
  // an endless input, with lines so long that a chunk is scanned quickly
  const script = `yes '{"n":1,"pad":"${'x'.repeat(500)}"}' | completengine emit --receipts -l "$ledger" | head -1; exit \${PIPESTATUS[1]}`;
  const { stdout, stderr, code } = await runShell(script, { ledger });
  expect(code).toBe(0);
  expect(parseLines(stdout)[0]).toMatchObject({ sequence: 1 });
  expect(stderr).toMatch(/^stopped: the output pipe of the receipts is closed/);
  const events = await expectSoundLedger(ledger);
  expect(stderr).toContain(`sequences 1-${events.length};`);
});

test('emit whose reader of receipts goes while its input pauses stops too', async () => {
  const ledger = await newLedger();
  const script = `completengine emit -q --receipts -l "$ledger" < <(echo 1; exec sleep 1000 2> /dev/null) | head -1; echo "code \${PIPESTATUS[0]}" >&2`;
  const { stdout, stderr } = await runShell(script, { ledger });
  expect(parseLines(stdout)).toHaveLength(1);
  expect(stderr).toContain('stopped: the output pipe of the receipts is closed');
  expect(stderr).toContain('code 0');
});

test('commands end as usual with closed standard output', async () => {
  const ledger = await filledLedger(10);
  for (const command of ['tail', 'replay -q', 'inspect', 'partition']) {
    expect(await runShell(`completengine ${command} -l "$ledger" >&-`, { ledger })).toMatchObject({
      code: 0,
      stderr: '',
    });
  }
  expect((await runShell('echo 1 | completengine emit -q --receipts -l "$ledger" >&-', { ledger })).code).toBe(0);
  expect(storedEvents(ledger)).toHaveLength(11);
});

test('nothing is lost if standard error cannot be written', async () => {
  const ledger = await newLedger();
  for (const stderr of ['2>&-', '2>/dev/full', '2> >(true)']) {
    const { code } = await runShell(`echo 1 | completengine emit -l "$ledger" ${stderr}`, { ledger });
    expect([stderr, code]).toEqual([stderr, 0]);
    expect((await runShell(`completengine replay -l "$ledger" ${stderr}`, { ledger })).stdout.toString()).toMatch(
      /^(1\n)+$/,
    );
  }
  expect(storedEvents(ledger)).toHaveLength(3);
});

test('emit reads from a terminal-less closed standard input as from an empty one', async () => {
  const ledger = await newLedger();
  expect(await runShell('completengine emit -l "$ledger" <&-', { ledger })).toMatchObject({
    code: 0,
    stderr: 'nothing committed\n',
  });
});

test('the commands of a pipeline work together on a stream', async () => {
  const ledger = await filledLedger(1000);
  const copy = await newLedger();
  const script =
    'completengine replay -q -o envelope -l "$ledger" | completengine emit -q --envelope --receipts -l "$copy" | tail -1';
  const { stdout, code } = await runShell(script, { ledger, copy });
  expect(code).toBe(0);
  expect(parseLines(stdout)[0]).toMatchObject({ sequence: 1000 });
  const payloads = (path: string) => storedEvents(path).map(({ payload, time }) => ({ payload, time }));
  expect(payloads(copy)).toEqual(payloads(ledger));
});
