/** Commands that the build runs to learn what of the bundle is used: small ones, whose start is most of their time, and others. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Events of 200 bytes for three chunks: a writing thread is started with the first one, a reading thread with the second page. */
const EVENTS = 30_000;

/**
 * Small samples, each by the first word of its commands. They are run in this order, in one directory, each with {@link INPUT} in a pipe. Each uses a ledger without
 * settings and one with a key and times, as most ledgers have: the parts that these need were read with all seldom ones, 7 ms of each command.
 */
export const SMALL = ['--version', 'init', 'emit', 'replay', 'tail', 'inspect', 'partition'];
/** Commands that are long or rare, and one that fails. */
export const OTHERS = 'others';
/** One that no other shares a part with: run after the others where compiled code is kept, so that the script with the rest has some, too. */
export const SELDOM = 'seldom';
export const INPUT = '{"one":1}';

/** The commands of a sample, each as the words after `completengine`. */
export function sampleCommands(name, directory) {
  const ledger = join(directory, 'events.codex');
  const keyed = join(directory, 'keyed.codex');
  const one = join(directory, 'one.jsonl');
  const oneKeyed = join(directory, 'keyed.jsonl');
  const many = join(directory, 'many.jsonl');
  const bad = join(directory, 'bad.jsonl');
  // keys are texts and numbers in turn
  const event = (_, at) =>
    `{"time":"2026-01-01T00:00:00.000Z","topic":${at % 2 ? at : `"${at}"`},"text":"${'many'.repeat(34)}"}\n`;
  const events = (length) => Array.from({ length }, event).join('');
  if (name === 'emit') {
    writeFileSync(one, `${INPUT}\n`);
    writeFileSync(oneKeyed, events(2));
  }
  if (name === OTHERS) {
    writeFileSync(many, events(EVENTS));
    writeFileSync(bad, '{"one":\n');
  }
  const commands = {
    '--version': [['--version']],
    init: [
      ['init', '-l', ledger],
      ['init', '-l', keyed, '--time', 'time', '--routing', 'hash:topic', '--partitions', '8'],
    ],
    emit: [
      ['emit', '-l', ledger, '-q'],
      ['emit', '-l', ledger, one],
      ['emit', '-l', keyed, oneKeyed],
    ],
    replay: [
      ['replay', '-l', ledger, '-q'],
      ['replay', '-l', ledger],
      ['replay', '-l', keyed],
    ],
    tail: [
      ['tail', '-l', ledger],
      ['tail', '-n', '1', '-l', ledger],
      ['tail', '-l', keyed],
    ],
    inspect: [
      ['inspect', '-l', ledger],
      ['inspect', '-l', keyed],
    ],
    partition: [
      ['partition', '-l', ledger],
      ['partition', '-l', keyed],
    ],
    [OTHERS]: [
      ['emit', '-l', keyed, '-q', many],
      ['replay', '-l', keyed, '-q'],
      ['backup', '-l', ledger, '--json', join(directory, 'copy.codex')],
      ['group', '-l', ledger],
      ['emit', '-l', ledger, '--rejects', join(directory, 'rejects'), bad],
    ],
    [SELDOM]: [['completion', 'bash']],
  };
  return commands[name];
}
