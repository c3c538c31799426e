/** Commands that the build runs to learn what of the bundle is used: small ones, whose start is most of their time, and others. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Events of 200 bytes for three chunks: a writing thread is started with the first one, a reading thread with the second page. */
const EVENTS = 30_000;

/** Small samples, each by the first word of its commands. They are run in this order, in one directory, each with {@link INPUT} in a pipe. */
export const SMALL = ['--version', 'init', 'emit', 'replay', 'tail', 'inspect', 'partition'];
/** Commands that are long or rare, one that fails, and at last one that no other shares a part with. */
export const OTHERS = 'others';
export const INPUT = '{"one":1}';

/** The commands of a sample, each as the words after `completengine`. */
export function sampleCommands(name, directory) {
  const ledger = join(directory, 'events.codex');
  const one = join(directory, 'one.jsonl');
  const many = join(directory, 'many.jsonl');
  const bad = join(directory, 'bad.jsonl');
  if (name === 'emit') writeFileSync(one, `${INPUT}\n`);
  if (name === OTHERS) {
    writeFileSync(many, `{"text":"${'many'.repeat(47)}"}\n`.repeat(EVENTS));
    writeFileSync(bad, '{"one":\n');
  }
  const commands = {
    '--version': [['--version']],
    init: [['init', '-l', ledger]],
    emit: [
      ['emit', '-l', ledger, '-q'],
      ['emit', '-l', ledger, one],
    ],
    replay: [
      ['replay', '-l', ledger, '-q'],
      ['replay', '-l', ledger],
    ],
    tail: [
      ['tail', '-l', ledger],
      ['tail', '-n', '1', '-l', ledger],
    ],
    inspect: [['inspect', '-l', ledger]],
    partition: [['partition', '-l', ledger]],
    [OTHERS]: [
      ['emit', '-l', ledger, '-q', many],
      ['replay', '-l', ledger, '-q'],
      ['backup', '-l', ledger, '--json', join(directory, 'copy.codex')],
      ['group', '-l', ledger],
      ['emit', '-l', ledger, '--rejects', join(directory, 'rejects'), bad],
      ['completion', 'bash'],
    ],
  };
  return commands[name];
}
