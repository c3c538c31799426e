import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { earthquakeLedger, newLedger, succeed } from '../support/ledger-cli.ts';
import { ledgerCopies } from '../support/ledger-copies.ts';
import { hasScreen, Screen } from '../support/screen.ts';
import { hasTerminal, plainLines, runOnTerminal, runShell } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';

const copyOfEarthquakes = ledgerCopies(earthquakeLedger);

const ESCAPE = '\u001b';
const COLOUR = `${ESCAPE}[3`;

/** An input that goes on until the file `$seen` exists: the progress line comes with an event after 400 ms. */
const UNTIL_SEEN = '{ n=0; until test -e "$seen"; do echo "$((++n))"; sleep 0.05; done; }';
const PROGRESS = /\d+ events {2}\d+ B {2}/;

const onTerminal = test.skipIf(!hasTerminal);

/** Payloads with control sequences that colour, rename, ring, clear or reverse a terminal; as raw bytes if JSON allows it. */
const EVIL_PAYLOADS = [
  '{"k":"\u009b31mred","key":"\u202eturned\u2066"}',
  '{"k":"\u200bhidden","\u009b2J":"\u0085\u007f\ufeff"}',
];

async function evilLedger(): Promise<string> {
  const ledger = await newLedger('--routing', 'hash:k');
  await succeed(['emit', '-q', '-l', ledger], { input: `${EVIL_PAYLOADS.join('\n')}\n` });
  return ledger;
}

onTerminal('events are shown pretty: time, position and key, truncated to the width', async () => {
  const ledger = await copyOfEarthquakes();
  for (const columns of [80, 120]) {
    const lines = plainLines(
      await runOnTerminal('completengine tail -n 5', { columns, variables: { COMPLETENGINE_LEDGER: ledger } }),
    ).slice(0, 5);
    for (const line of lines) {
      expect(line).toMatch(/^2018-02-0\dT\d\d:\d\d:\d\d\.\d{6}Z p\d\/\d+ [a-z]{2} \{"type":"Feature".*…$/);
      expect(stringWidth(line)).toBeLessThanOrEqual(columns);
      expect(stringWidth(line)).toBeGreaterThan(columns - 3);
    }
  }
});

onTerminal('wide characters are truncated to the width too', async () => {
  const ledger = await newLedger();
  await succeed(['emit', '-q', '-l', ledger], {
    input: `"${'鯨'.repeat(200)}"\n"${'e\u0301'.repeat(200)}"\n"${'🐋'.repeat(200)}"\n`,
  });
  const lines = plainLines(
    await runOnTerminal('completengine tail', { columns: 100, variables: { COMPLETENGINE_LEDGER: ledger } }),
  ).slice(0, 3);
  for (const line of lines) {
    expect(stringWidth(line)).toBeLessThanOrEqual(100);
    expect(line.endsWith('…')).toBe(true);
  }
});

onTerminal('colours are used on a terminal, and not with NO_COLOR', async () => {
  const variables = { COMPLETENGINE_LEDGER: await copyOfEarthquakes() };
  expect(await runOnTerminal('completengine tail', { variables })).toContain(COLOUR);
  expect(await runOnTerminal('completengine tail', { variables: { ...variables, NO_COLOR: '1' } })).not.toContain(
    ESCAPE,
  );
  expect(
    await runOnTerminal('completengine inspect; completengine tail --bogus', {
      variables: { ...variables, NO_COLOR: '1' },
    }),
  ).not.toContain(ESCAPE);
});

onTerminal.each([
  'tail',
  'tail -o payload',
  'tail -o envelope',
  'replay',
  'inspect --sequence 1',
  'inspect --sequence 2',
])('%s escapes control characters of payloads', async (command) => {
  const written = await runOnTerminal(`completengine ${command}`, {
    variables: { COMPLETENGINE_LEDGER: await evilLedger() },
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removes our own colours
  const withoutColours = written.replace(/\u001b\[\d+m/g, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: searches for control characters
  expect(withoutColours).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u202e\u2066\ufeff]/);
  expect(written).toMatch(/\\x9b(31m|2J)/);
});

test('in a pipe payloads are unchanged, and nothing is coloured', async () => {
  const ledger = await evilLedger();
  expect((await succeed(['tail', '-l', ledger])).stdout.toString()).toBe(`${EVIL_PAYLOADS.join('\n')}\n`);
  const earthquakes = await copyOfEarthquakes();
  for (const args of [
    ['tail', '-o', 'pretty'],
    ['inspect'],
    ['partition'],
    ['replay', '-o', 'pretty', '--through-sequence', '3'],
  ]) {
    const { stdout, stderr } = await succeed([...args, '-l', earthquakes], {
      env: { ...process.env, TERM: 'xterm-256color' },
    });
    expect(stdout.toString() + stderr).not.toContain(ESCAPE);
  }
});

onTerminal('the pretty form in a pipe is not truncated', async () => {
  const ledger = await copyOfEarthquakes();
  const { stdout } = await runShell('completengine tail -n 1 -o pretty', { COMPLETENGINE_LEDGER: ledger });
  expect(stdout.toString()).toMatch(/^2018-02-07T01:26:13\.840000Z p2\/418 ci \{.*"id":"ci37868143"\}\n$/);
});

onTerminal('longer work shows a progress line, and a summary at the end', async () => {
  const seen = join(tempDir(), 'seen');
  const variables = { COMPLETENGINE_LEDGER: await newLedger(), seen };
  const onOutput = (text: string) => PROGRESS.test(text) && writeFileSync(seen, '');
  const written = await runOnTerminal(`${UNTIL_SEEN} | completengine emit`, { variables, onOutput });
  expect(plainLines(written).join('\n')).toMatch(/(\d+) events committed \(\d+ B in .*\), sequences 1-\1; head \1:/);
  // the cursor, hidden by the progress line, is visible again
  expect(written.lastIndexOf(`${ESCAPE}[?25h`)).toBeGreaterThanOrEqual(written.lastIndexOf(`${ESCAPE}[?25l`));
  // an event comes when the line would have been shown
  const quiet = await runOnTerminal('{ seq 7; sleep 0.5; echo 8; } | completengine emit -q', { variables });
  expect(quiet).toBe('');
});

onTerminal('emit on a terminal prints how to end the input', async () => {
  const variables = { COMPLETENGINE_LEDGER: await newLedger() };
  const written = await runOnTerminal('stty -echo; completengine emit', { variables, typed: '{"typed":1}\n\u0004' });
  expect(written).toContain('reading JSON lines from the terminal; press Ctrl-D to end\n');
  expect(written).toContain('1 event committed');
});

onTerminal('errors are two lines without colours', async () => {
  const written = await runOnTerminal('completengine tail -l /nowhere/none.codex', {});
  expect(written).toBe(
    'error: there is no ledger at /nowhere/none.codex\n  try: check the path; to make one: completengine init --ledger /nowhere/none.codex\n',
  );
  const usage = await runOnTerminal('completengine inspect --verify --sequence 1', {
    variables: { NODE_ENV: 'production' },
  });
  expect(usage).toMatch(/^error: --verify cannot be combined with --sequence.*\n {2}try: .*\n$/);
});

test.skipIf(!hasScreen)('each event takes one line of the screen, and Ctrl-C ends a tail that follows', async () => {
  const screen = new Screen({ columns: 100, rows: 30, variables: { COMPLETENGINE_LEDGER: await copyOfEarthquakes() } });
  screen.type('completengine tail -f -n 4');
  const lines = await screen.showing(/p2\/418/);
  expect(lines.filter((line) => /^2018-02-0\d/.test(line))).toHaveLength(4);
  expect(lines.at(-1)).toMatch(/^2018-02-07T01:26:13\.840000Z p2\/418 ci \{/);
  screen.press('C-c');
  screen.type('echo "code $?"');
  await screen.showing(/^code 130$/m);
});

test.skipIf(!hasScreen)('a progress line is removed from the screen', async () => {
  const seen = join(tempDir(), 'seen');
  const variables = { COMPLETENGINE_LEDGER: await newLedger(), seen };
  const screen = new Screen({ columns: 100, rows: 30, variables });
  screen.type(`${UNTIL_SEEN} | completengine emit; echo done`);
  await screen.showing(PROGRESS);
  writeFileSync(seen, '');
  const lines = await screen.showing(/^done$/m);
  // the summary ends in the name of the ledger, which may be on a second line
  const counts = lines.filter((line) => /\bevents\b(?!\.codex)/.test(line));
  expect(counts).toEqual([expect.stringMatching(/^\d+ events committed/)]);
});

onTerminal('--color decides before NO_COLOR and FORCE_COLOR', async () => {
  const variables = { ledger: await copyOfEarthquakes() };
  const shown = (args: string, more: Record<string, string> = {}) =>
    runOnTerminal(`completengine tail -l "$ledger" ${args}`, { variables: { ...variables, ...more } });
  expect(await shown('--color never')).not.toContain(COLOUR);
  expect(await shown('--color=always', { NO_COLOR: '1' })).toContain(COLOUR);
  expect(await shown('--color auto', { NO_COLOR: '1' })).not.toContain(COLOUR);
  expect(await shown('-o pretty --color always | cat')).toContain(COLOUR);
  expect(await shown('-o pretty --color auto | cat')).not.toContain(COLOUR);
  expect(await shown('-o pretty | cat', { FORCE_COLOR: '1' })).toContain(COLOUR);
  expect(await shown('-o pretty --color never | cat', { FORCE_COLOR: '1' })).not.toContain(COLOUR);
});

onTerminal('a head is short where its line would wrap, and whole with -v, in a pipe and in a document', async () => {
  const ledger = await copyOfEarthquakes();
  const shown = async (args: string, columns: number): Promise<string> =>
    plainLines(
      await runOnTerminal(`completengine ${args}`, { columns, variables: { COMPLETENGINE_LEDGER: ledger } }),
    ).join('\n');
  const short = /\b1707:[0-9a-f]{8}\b/;
  const whole = /\b1707:[0-9a-f]{64}\b/;
  for (const command of ['inspect', 'inspect --verify']) {
    expect(await shown(command, 60)).toMatch(short);
    expect(await shown(command, 60)).not.toMatch(whole);
    for (const [args, columns] of [
      [command, 200],
      [`${command} -v`, 60],
      [`${command} | cat`, 60],
      [`${command} --json`, 60],
    ] as const)
      expect(await shown(args, columns)).toMatch(whole);
  }
});

test.skipIf(!hasScreen)('a wait for servers that do not answer is shown, and Ctrl-C ends it', async () => {
  const screen = new Screen({ columns: 100, rows: 30, variables: {} });
  // a port that nobody listens at
  screen.type('completengine inspect -l nats://me:secret@127.0.0.1:9/orders --busy-timeout 1h; echo "exit $?"');
  const shown = await screen.showing(/^waiting for the servers of /m);
  expect(shown).toContain('waiting for the servers of nats://127.0.0.1:9/orders');
  screen.press('C-c');
  await screen.showing(/^exit 130$/m);
  screen.type('clear; completengine emit -q -l nats://127.0.0.1:9/orders --busy-timeout 3s < /dev/null');
  expect((await screen.showing(/no answer within the time limit/)).join('\n')).not.toContain('waiting');
});
