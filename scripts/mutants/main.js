/**
 * Plants one bug after the other in a copy of the repository and runs the tests that must notice it, then wider ones. Prints which test caught each, and exits
 * with 1 if one survived. Arguments: words; only mutants whose names contain one of them are planted. `--own`: no wider tests; `--quick`: only
 * those that need no build.
 */

import { fileURLToPath } from 'node:url';
import { MUTANTS } from './list.js';
import { planted } from './plant.js';
import { Workshop } from './workshop.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** For a mutant that its own tests let pass. */
const WIDER = [
  ['test/core', 'test/library', 'test/ledger-contract', 'test/log-contract'],
  ['test/faults', 'test/cli', 'test/formats'],
];

const [flags, words] = [true, false].map((isFlag) =>
  process.argv.slice(2).filter((word) => word.startsWith('--') === isFlag),
);
const chosen = MUTANTS.filter(
  ({ name, isBuilt }) =>
    (words.length === 0 || words.some((word) => name.includes(word))) && !(isBuilt && flags.includes('--quick')),
);
for (const mutant of MUTANTS) planted(ROOT, mutant);

const workshop = new Workshop(ROOT);
process.once('exit', () => workshop.remove());
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

/** `own`: whether one of its own tests caught it. */
function resultOf(mutant) {
  return workshop.with(mutant, () => {
    const test = workshop.firstFailure(mutant.tests);
    if (test !== null) return { test, own: true };
    for (const tests of flags.includes('--own') ? [] : WIDER) {
      const other = workshop.firstFailure(tests);
      if (other !== null) return { test: other, own: false };
    }
    return { test: null, own: false };
  });
}

// a test that is red anyway would catch everything
workshop.buildSound();
const red = workshop.firstFailure([...new Set(chosen.flatMap(({ tests }) => tests))]);
if (red !== null) {
  process.stderr.write(`red without any bug: ${red}\n`);
  process.exit(1);
}

let survivors = 0;
let strangers = 0;
for (const [nth, mutant] of chosen.entries()) {
  const begun = performance.now();
  if (!mutant.isBuilt) workshop.buildSound();
  let line;
  try {
    const { test, own } = resultOf(mutant);
    if (test === null) survivors++;
    else if (!own) strangers++;
    line = test === null ? '**survived**' : `${own ? '' : '(not by its own) '}${test}`;
  } catch (error) {
    survivors++;
    line = `**failed**: ${String(error.stderr ?? error.message).slice(0, 2000)}`;
  }
  const seconds = Math.round((performance.now() - begun) / 1000);
  process.stderr.write(`${nth + 1} of ${chosen.length}, ${seconds} s\n`);
  process.stdout.write(`| ${mutant.name} | ${line.replaceAll('|', '\\|')} |\n`);
}
process.stderr.write(
  `${chosen.length} planted: ${survivors} survived, ${strangers} were caught by other tests than theirs\n`,
);
process.exitCode = survivors === 0 ? 0 : 1;
