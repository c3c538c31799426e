/** Commands that the build runs to learn what of the bundle is used: small ones, whose start is most of their time, and others. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Events of 200 bytes for three chunks: a writing thread is started with the first one, a reading thread with the second page. */
const EVENTS = 30_000;

/** Commands by the verb that they are a sample of; each verb's run after those before it, in the same directory. The first ones are small. */
export const SMALL = ['init', 'emit', 'replay', 'tail', 'inspect', 'partition'];
/** Commands that are long or rare, and at last one that no other uses a part of. */
export const OTHERS = 'others';

/** The commands of a sample, each as the words after `completengine`. */
export function sampleCommands(name, directory) {
  const ledger = join(directory, 'events.codex');
  const one = join(directory, 'one.jsonl');
  const many = join(directory, 'many.jsonl');
  if (name === 'emit') writeFileSync(one, '{"one":1}\n');
  if (name === OTHERS) writeFileSync(many, `{"text":"${'many'.repeat(47)}"}\n`.repeat(EVENTS));
  const commands = {
    init: [['init', '-l', ledger]],
    emit: [['emit', '-l', ledger, '-q', one], ['emit', '-l', ledger, one]],
    replay: [['replay', '-l', ledger, '-q']],
    tail: [['tail', '-l', ledger], ['tail', '-n', '1', '-l', ledger]],
    inspect: [['inspect', '-l', ledger]],
    partition: [['partition', '-l', ledger]],
    [OTHERS]: [
      ['emit', '-l', ledger, '-q', many],
      ['replay', '-l', ledger, '-q'],
      ['backup', '-l', ledger, '--json', join(directory, 'copy.codex')],
      ['group', '-l', ledger],
      ['completion', 'bash'],
    ],
  };
  return commands[name];
}
