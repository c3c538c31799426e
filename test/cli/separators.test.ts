/** Counts for people have separators of thousands, everywhere. Sequences, offsets and heads are names: they can be copied into a flag, and have none. */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { earthquakeLedger, newLedger, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

/** What is a name and no count. */
const NAMES = [
  // times and dates, paths, heads, hashes and ids
  /\d{4}-\d\d-\d\d(T[\d:.]+Z)?/g,
  /\/\S+/g,
  /\b\d+:[0-9a-f]{8,64}/g,
  /\b[0-9a-f-]{32,}\b/g,
  /\bsequences? \d+(-\d+)?|--(from|through)-sequence \d+|offset \d+/g,
  // the offsets of a partition, as a table has them
  /\b\d+-\d+\b/g,
  // what a person writes or copies as it is: settings
  /^(storage|settings) .*$/gm,
];

function countsIn(text: string): string {
  return NAMES.reduce((rest, name) => rest.replace(name, ''), text);
}

test('every view for people writes a count of 1,000 and more with separators', async () => {
  const ledger = await earthquakeLedger('--partitions', '1', '--unique', 'id');
  const at = ['-l', ledger];
  await succeed(['tail', ...at, '-g', 'mailer', '-c', '1', '--exec', 'true']);
  const smaller = await newLedger();
  const views: readonly (readonly string[])[] = [
    ['inspect', ...at],
    ['inspect', '--verify', ...at],
    ['inspect', '--groups', ...at],
    ['inspect', '--check', 'lag<1', ...at],
    ['partition', ...at],
    ['partition', 'reroute', 'hash:type', '--dry-run', ...at],
    ['group', ...at],
    ['group', 'show', 'mailer', ...at],
    ['group', 'reset', 'mailer', '--from', 'end', ...at],
    ['group', 'delete', 'mailer', ...at],
    ['replay', '--dry-run', ...at],
    ['diff', ledger, smaller],
    ['archive', '--limit', '1700', '--drop', ...at],
    ['backup', join(tempDir(), 'copy.codex'), ...at],
    ['compact', '--compression', 'zstd', ...at],
  ];
  for (const view of views) {
    const { stdout, stderr } = await runCli(view);
    const text = countsIn(`${stdout}${stderr}`);
    expect.soft(text.match(/(?<![\d.,])\d{4,}(?![\d:])/g), `${view.join(' ')}\n${text}`).toBeNull();
  }
});
