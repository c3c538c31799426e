import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { newLedger, succeed } from '../support/ledger-cli.ts';
import { hasScreen, Screen } from '../support/screen.ts';
import { hasTerminal, runOnTerminal } from '../support/shell.ts';

const onScreen = test.skipIf(!hasScreen);
const onTerminal = test.skipIf(!hasTerminal);

async function countingLedger(events = 40): Promise<string> {
  const ledger = await newLedger();
  await succeed(['emit', '-q', '-l', ledger], {
    input: Array.from({ length: events }, (_, n) => `"event ${n + 1}."\n`).join(''),
  });
  return ledger;
}

/** A shell whose terminal mode can be compared with the initial one. */
function screenOf(ledger: string): Screen {
  return new Screen({ columns: 100, rows: 50, variables: { COMPLETENGINE_LEDGER: ledger } });
}

const AS_IT_WAS = 'stty -a | grep -qw icanon && stty -a | grep -qw echo && echo the terminal is as it was';

/** The number of the last event on the screen. */
function lastOn(lines: readonly string[]): number {
  return Math.max(...lines.map((line) => Number(/event (\d+)\./.exec(line)?.[1] ?? 0)));
}

function deliveredOn(lines: readonly string[]): number {
  return lines.filter((line) => /event \d+\./.test(line)).length;
}

onScreen('--step prints one event per key press, q quits, and the terminal is restored', async () => {
  const screen = screenOf(await countingLedger());
  screen.type('completengine replay --step; echo "exit $?"');
  // keys before it listens go to the shell
  await screen.showing(/^any key: next event, q: quit$/m);
  for (let n = 1; n <= 3; n++) {
    screen.press(n === 2 ? 'Up' : 'x');
    expect(deliveredOn(await screen.showing(new RegExp(`event ${n}\\.`)))).toBe(n);
  }
  screen.press('q');
  const lines = await screen.showing(/exit 130/);
  expect(deliveredOn(lines)).toBe(3);
  expect(lines.join('')).toContain('resume with: completengine replay --from-sequence 4 --through-sequence 40');
  screen.type(AS_IT_WAS);
  await screen.showing(/^the terminal is as it was/m);
});

onScreen('space pauses and resumes; Ctrl-C stops the replay', async () => {
  // more than are replayed before a slow machine has pressed the key
  const screen = screenOf(await countingLedger(1000));
  screen.type('completengine replay --rate 20/s; echo "exit $?"');
  await screen.showing(/^space: pause, q: quit$/m);
  await screen.showing(/event 2\./);
  screen.press('Space');
  const paused = lastOn(await screen.showing(/^paused, space resumes$/m));
  // six events would come
  await sleep(300);
  expect(lastOn(await screen.showing(/event/))).toBe(paused);
  screen.press('Space');
  await screen.showing(new RegExp(`event ${paused + 2}\\.`));
  screen.press('C-c');
  await screen.showing(/exit 130/);
  screen.type(AS_IT_WAS);
  await screen.showing(/^the terminal is as it was/m);
});

onScreen('a finished replay restores the terminal', async () => {
  const screen = screenOf(await countingLedger());
  screen.type('completengine replay --rate 1000/s; echo "exit $?"');
  await screen.showing(/exit 0/);
  screen.type(AS_IT_WAS);
  await screen.showing(/^the terminal is as it was/m);
});

onScreen('progress is shown on standard error while the events go elsewhere', async () => {
  const screen = screenOf(await countingLedger(1000));
  screen.type('completengine replay --rate 10/s > /dev/null; echo "exit $?"');
  await screen.showing(/\d+ replayed {2}\d+ left {2}20\d\d-.*Z {2}\S+x/);
  screen.press('Space');
  await screen.showing(/paused, space resumes/);
  screen.press('q');
  await screen.showing(/exit 130/);
});

onTerminal('a replay in a pipe leaves the keys to the next program', async () => {
  const ledger = await countingLedger();
  const shown = await runOnTerminal('completengine replay -l "$ledger" --rate 1000/s | cat > /dev/null', {
    variables: { ledger },
  });
  expect(shown).toContain('40 events');
  expect(shown).not.toContain('space: pause');
});

onTerminal.each(['tail -f', 'tail -n all', 'replay', '--help', 'tail --help'])(
  '%s | less that quits early: the terminal has its echo, although the mode was raw at the start',
  async (args) => {
    const COMPLETENGINE_LEDGER = await countingLedger(1000);
    // less has set its mode before Node starts, and restores it while Node runs
    const pager = '{ read -r; stty sane < /dev/tty; }';
    const shown = await runOnTerminal(`stty -echo -icanon; completengine ${args} | ${pager}; stty -a`, {
      variables: { COMPLETENGINE_LEDGER },
    });
    expect(shown).toMatch(/[^-]icanon/);
    expect(shown).toMatch(/[^-]echo /);
  },
);
