/** Tests `inspect --watch` on a terminal and in a pipe. */

import { readFileSync, renameSync } from 'node:fs';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { BIN, finished, runCli, startCli } from '../../support/cli.ts';
import { earthquakeLedger, expectFailure, newLedger, numbers, succeed } from '../../support/ledger-cli.ts';
import { LineReader } from '../../support/line-reader.ts';
import { hasScreen, Screen } from '../../support/screen.ts';

const UNTOUCHED = { hasCursor: true, isSecond: false, wraps: true };

describe('in a pipe', () => {
  test('each refresh is a line of JSON, with the rates since the one before', async () => {
    const ledger = await newLedger('--partitions', '2', '--routing', 'hash:n');
    await succeed(['emit', '-q', '-l', ledger], { input: '{"n":1}\n{"n":2}\n' });
    await succeed(['tail', '-l', ledger, '-g', 'mailer', '-c', '1']);
    const watching = startCli(['inspect', '--watch', '--every', '100ms', '-l', ledger]);
    const ended = finished(watching);
    const lines = new LineReader(watching.stdout);
    const sample = () => lines.document();
    const first = await sample();
    expect(first).toMatchObject({
      path: ledger,
      events: 2,
      emission: { last: null, average: null },
      partitions: [{ name: 'p0', eventsPerSecond: null }, { name: 'p1' }],
      lastCommitAt: expect.any(String),
      storage: { bytes: expect.any(Number), log: { bytes: expect.any(Number), waitingBytes: expect.any(Number) } },
      groups: [{ name: 'mailer', lag: 1, parked: 0, flow: null }],
      config: { determinism: 'strict' },
      transfers: [],
    });
    expect(first.head).toMatch(/^2:[0-9a-f]{64}$/);
    await succeed(['emit', '-q', '-l', ledger], { input: '{"n":3}\n{"n":4}\n{"n":5}\n' });
    let next = await sample();
    while (next.events === 2) next = await sample();
    const { last } = next.emission;
    expect((last.eventsPerSecond * last.overMs) / 1000).toBeCloseTo(3, 1);
    expect(last.commitsPerSecond).toBeGreaterThan(0);
    expect(last.bytesPerSecond).toBeGreaterThan(0);
    expect(next.groups[0]).toMatchObject({ lag: 4, flow: { readPerSecond: 0, catchUpMs: null } });
    expect(next.groups[0].flow.lagPerSecond).toBeGreaterThan(0);
    watching.kill('SIGINT');
    const { code, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
  });

  test('--json prints the same, and a failure as a document', async () => {
    const watching = startCli(['inspect', '--watch', '--json', '-l', await earthquakeLedger()]);
    const ended = finished(watching);
    expect(await new LineReader(watching.stdout).document()).toMatchObject({
      events: 1707,
      firstTime: '2018-01-31T01:49:59.650000Z',
    });
    watching.kill('SIGTERM');
    expect((await ended).code).toBe(143);
    const { code, stdout } = await runCli(['inspect', '--watch', '--json', '-l', '/nowhere/none.codex']);
    expect(code).toBe(66);
    expect(JSON.parse(stdout.toString())).toMatchObject({ error: { code: 'NO_LEDGER' } });
  });

  test('an event replayed from another ledger shows its source', async () => {
    const [source, target] = [await earthquakeLedger(), await newLedger()];
    await succeed(['replay', '-q', '-l', source, '--into', target, '--through-sequence', '40']);
    const { uuid } = JSON.parse((await succeed(['inspect', '--json', '-l', source])).stdout.toString());
    const watching = startCli(['inspect', '--watch', '-l', target]);
    const { transfers } = await new LineReader(watching.stdout).document();
    watching.kill('SIGINT');
    expect(transfers).toEqual([{ uuid, isFiltered: false, throughSequence: 40 }]);
  });
});

test.each(['50ms', '2h', '0s'])('--every %s is refused with 2', async (every) => {
  expectFailure(
    await runCli(['inspect', '--watch', '--every', every, '-l', await newLedger()]),
    2,
    'is not between 100ms and 1h',
  );
});

test.each([
  ['--every', '1s'],
  ['--watch', '--verify'],
])('inspect %s %s is refused with 2', async (...args) => {
  expectFailure(await runCli(['inspect', ...args, '-l', await newLedger()]), 2, '--watch');
});

describe.skipIf(!hasScreen)('on a terminal', () => {
  async function openPage(options: { variables?: Readonly<Record<string, string>> } = {}) {
    const ledger = await newLedger('--partitions', '4');
    await succeed(['emit', '-q', '-l', ledger], { input: '1\n2\n3\n' });
    const screen = new Screen({
      columns: 80,
      rows: 24,
      variables: { COMPLETENGINE_LEDGER: ledger, ...options.variables },
    });
    screen.type('echo before');
    screen.type(
      `(echo $BASHPID > "$COMPLETENGINE_LEDGER.pid"; exec '${process.execPath}' '${BIN}' inspect --watch --every 100ms); echo "code $?"`,
    );
    await screen.showing(/^replay/m);
    return { ledger, screen };
  }

  test('a page is updated in place as the ledger grows', async () => {
    const { ledger, screen } = await openPage();
    expect(screen.modes()).toEqual({ hasCursor: false, isSecond: true, wraps: false });
    await screen.showing(/^head +3:/m);
    // a rate of thousands is above 0 however long the sample took that counts them
    await succeed(['emit', '-q', '-l', ledger], { input: numbers(4, 2003) });
    const lines = await screen.showing(/^head +2,?003:/m);
    expect(lines.filter((line) => line.startsWith('head'))).toHaveLength(1);
    expect(lines.join('\n')).not.toContain('before');
    // pages come and go until the second with the events has passed
    await screen.showing(/^emission +last \d+s, peak [1-9][\d,.]*\/s/m);
    screen.press('q');
    expect(await screen.showing(/^code 0$/m)).toContain('before');
  });

  test.each([
    ['Ctrl-C', 130],
    ['SIGTERM', 143],
    ['q', 0],
  ])('%s restores the terminal, exit %d', async (ending, code) => {
    const { ledger, screen } = await openPage();
    if (ending === 'Ctrl-C') screen.press('C-c');
    else if (ending === 'q') screen.press('q');
    else process.kill(Number(readFileSync(`${ledger}.pid`, 'utf8')), 'SIGTERM');
    const lines = await screen.showing(new RegExp(`^code ${code}$`, 'm'));
    expect(lines.join('\n')).toMatch(/^before$/m);
    expect(lines.join('\n')).not.toMatch(/^router/m);
    expect(screen.modes()).toEqual(UNTOUCHED);
    // echo and line mode are restored
    screen.type('stty -a | grep -o -w -e -icanon -e -echo; echo end');
    expect((await screen.showing(/^end$/m)).slice(-3).join('\n')).not.toMatch(/^-(icanon|echo)$/m);
  });

  test('an error restores the screen too, and is printed after that', async () => {
    const { ledger, screen } = await openPage();
    renameSync(ledger, `${ledger}.moved`);
    const lines = await screen.showing(/^code 74$/m);
    expect(lines.join('\n')).toMatch(/before[\s\S]*error: .*removed/);
    expect(screen.modes()).toEqual(UNTOUCHED);
    renameSync(`${ledger}.moved`, ledger);
  });

  test('Ctrl-Z restores the screen, and fg shows the page again', async () => {
    const { screen } = await openPage();
    screen.press('C-z');
    await screen.showing(/Stopped/);
    expect(screen.modes()).toEqual(UNTOUCHED);
    screen.type('fg');
    await screen.showing(/^ledger[\s\S]*\nreplay/);
    expect(screen.modes()).toMatchObject({ isSecond: true, hasCursor: false });
    screen.press('q');
    // the prompt: before it, the process may still take what is typed
    await screen.showing(/\n\S*[$#]\s*$/);
    expect(screen.modes()).toEqual(UNTOUCHED);
    screen.type('echo "and then $?"');
    await screen.showing(/^and then 0$/m);
  });

  test('fits the window, also after a resize', async () => {
    const { screen } = await openPage();
    for (const [columns, rows] of [
      [40, 10],
      [120, 40],
      [30, 5],
      [80, 24],
    ] as const) {
      screen.resize(columns, rows);
      const lines = await screen.showing(
        rows < 10 ? /^ledger[\s\S]*\n… \d+ more rows\n*$/ : /^ledger[\s\S]*\nreplay .*\n*(q quit.*\n*)?$/,
      );
      expect(lines.length).toBeLessThanOrEqual(rows);
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
    }
  });

  test('is coloured, except with NO_COLOR', async () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: searches for control characters
    const colour = /\u001b\[3\d/;
    const { screen } = await openPage();
    expect(screen.styled()).toMatch(colour);
    const plain = await openPage({ variables: { NO_COLOR: '1' } });
    expect(plain.screen.styled()).not.toContain('\u001b');
  });

  test('--json prints lines on a terminal too', async () => {
    const screen = new Screen({ columns: 80, rows: 24, variables: { COMPLETENGINE_LEDGER: await newLedger() } });
    screen.type('completengine inspect --watch --json --every 1h');
    // the rest of the line is wrapped at places that depend on the length of the path
    await screen.showing(/^\{"/m);
    expect(screen.modes()).toEqual(UNTOUCHED);
    screen.press('C-c');
    screen.type('echo "code $?"');
    await screen.showing(/^code 130$/m);
  });
});
