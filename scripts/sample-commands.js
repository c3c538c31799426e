/** Commands that the build runs to learn what of the bundle is used: small ones, whose start is most of their time, and others. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Events of 200 bytes for three chunks: a writing thread is started with the first one, a reading thread with the second page. */
const EVENTS = 30_000;

/** Small samples, each by the first word of its commands. They are run in this order, in one directory, each with {@link INPUT} in a pipe. */
export const SMALL = ['--version', 'init', 'emit', 'replay', 'tail', 'inspect', 'partition'];
/** Commands that are long or rare, and one that fails. */
export const OTHERS = 'others';
/** One that no other shares a part with. It is run only to compile: its part stays in the script of what is seldom. */
export const SELDOM = ['completion', 'bash'];
export const INPUT = '{"one":1}';
/** An event of the ledger with keys, up to its key. */
const KEYED = '{"at":"2026-01-01T00:00:00.000Z","key":';

/** The commands of a sample, each as the words after `completengine`. */
export function sampleCommands(name, directory) {
  const ledger = join(directory, 'events.codex');
  // as most are: with a key and times. What only these need was once left out of what commands load
  const keyed = join(directory, 'keyed.codex');
  const one = join(directory, 'one.jsonl');
  const many = join(directory, 'many.jsonl');
  const bad = join(directory, 'bad.jsonl');
  if (name === 'emit') writeFileSync(one, `${KEYED}"one"}\n${KEYED}1}\n`);
  if (name === OTHERS) {
    const text = (_, event) => `${KEYED}${event % 2 ? event : `"${event}"`},"text":"${'many'.repeat(35)}"}\n`;
    writeFileSync(many, Array.from({ length: EVENTS }, text).join(''));
    writeFileSync(bad, '{"one":\n');
  }
  const commands = {
    '--version': [['--version']],
    init: [
      ['init', '-l', ledger],
      ['init', '-l', keyed, '--routing', 'hash:key', '--partitions', '8', '--time', 'at'],
    ],
    emit: [
      ['emit', '-l', ledger, '-q'],
      ['emit', '-l', keyed, one],
    ],
    replay: [
      ['replay', '-l', ledger, '-q'],
      ['replay', '-l', keyed],
    ],
    tail: [
      ['tail', '-l', ledger],
      ['tail', '-n', '1', '-l', keyed],
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
  };
  return commands[name];
}
