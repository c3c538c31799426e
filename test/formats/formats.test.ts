/** Compares ledgers, outputs and exit codes with those kept in `fixtures/ledgers`, so that none of them changes unnoticed. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BIN, finished, runCli, startCli } from '../support/cli.ts';
import { LineReader } from '../support/line-reader.ts';
import { tempDir } from '../support/temp-dir.ts';
import { COMMON, REFUSED, SPECIAL } from './commands.ts';
import { contentOf } from './content.ts';
import { expectKept, isMakingLedgers, packLedger, unpackLedger } from './kept.ts';
import { makeLedger, runsOf } from './make-ledger.ts';
import { RECIPES } from './recipes.ts';
import { transcriptOf } from './transcript.ts';

function unpacked(name: string): string {
  const path = join(tempDir(), `${name}.codex`);
  unpackLedger(name, path);
  return path;
}

/** Each field of a document with the type of its value; an array is described by its first element. */
function shapeOf(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.length === 0 ? [`${path}[] none`] : shapeOf(value[0], `${path}[]`);
  if (typeof value !== 'object' || value === null) return [`${path} ${value === null ? 'null' : typeof value}`];
  return Object.entries(value).flatMap(([field, inner]) => shapeOf(inner, `${path}.${field}`));
}

describe.each(RECIPES)('the kept ledger $name', (recipe) => {
  const { name, hasArrivalTimes } = recipe;

  it.runIf(isMakingLedgers)('is made again', async () => {
    const program = process.env['COMPLETENGINE_FIXTURES_PROGRAM'] ?? BIN;
    packLedger(name, await makeLedger(recipe, tempDir(), runsOf(program)));
  });

  it('has the columns and rows that its recipe makes today', async () => {
    const made = await makeLedger(recipe, tempDir(), runCli);
    expect(contentOf(made, hasArrivalTimes)).toEqual(contentOf(unpacked(name), hasArrivalTimes));
  });

  it('is printed by every command as before', async () => {
    expectKept(name, await transcriptOf(name, [...COMMON, ...(SPECIAL[name] ?? [])]));
  });
});

describe('the interface for scripts', () => {
  it('returns the same exit codes for what it refuses', async () => {
    expectKept('exit-codes', await transcriptOf('hash', REFUSED));
  });

  it('has the same fields in a document of --watch', async () => {
    const watching = startCli(['inspect', '--watch', '--json', '-l', unpacked('hash')]);
    const ended = finished(watching);
    const document: unknown = await new LineReader(watching.stdout).document();
    watching.kill('SIGINT');
    await ended;
    expectKept('watch', shapeOf(document, '').join('\n'));
  });
});
