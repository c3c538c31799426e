/** A ledger of several large commits, created once per test file and copied for each test. */

import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { succeed } from './ledger-cli.ts';
import { tempDir } from './temp-dir.ts';

/** About 16,000 of them make a chunk, which is one commit. */
export function largeLine(n: number): string {
  return `{"n":${n},"k":${n % 101},"pad":"${'x'.repeat(80 + (n % 37))}"}`;
}

/** About 2,000 of them make a chunk: for tests of bytes and pages, which take a large ledger and no large number of events. */
export function wideLine(n: number): string {
  return `{"n":${n},"k":${n % 101},"pad":"${'x'.repeat(960 + (n % 37))}"}`;
}

/** To be called at the top of a test file. Returns a function that copies the ledger, of three partitions and this many lines; no process has the copy open. */
export function largeLedgers(lines: number, ...initArgs: readonly string[]): () => Promise<string> {
  return ledgersOf(largeLine, lines, initArgs);
}

/** As `largeLedgers`, of the same size with an eighth of the lines. */
export function wideLedgers(lines: number, ...initArgs: readonly string[]): () => Promise<string> {
  return ledgersOf(wideLine, lines, initArgs);
}

function ledgersOf(line: (n: number) => string, lines: number, initArgs: readonly string[]): () => Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'completengine-test-'));
  const template = join(directory, 'large.codex');
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return async () => {
    if (!existsSync(template)) {
      const input = join(directory, 'input.jsonl');
      writeFileSync(input, Array.from({ length: lines }, (_, n) => `${line(n + 1)}\n`).join(''));
      await succeed(['init', '-l', template, '--routing', 'hash:k', '--partitions', '3', ...initArgs]);
      // chunks of a file have the maximum size, and so does the first page
      await succeed(['emit', '-q', '-l', template, input]);
    }
    const copy = join(tempDir(), 'events.codex');
    copyFileSync(template, copy);
    return copy;
  };
}
