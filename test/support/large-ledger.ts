/** A ledger of several large commits, made once for a test file and copied for each test. */

import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { succeed } from './ledger-cli.ts';
import { tempDir } from './temp-dir.ts';

/** Some 16,000 of them make a chunk, which is a commit. */
export function largeLine(n: number): string {
  return `{"n":${n},"k":${n % 101},"pad":"${'x'.repeat(80 + (n % 37))}"}`;
}

/** Must be called at the top of a test file. What it returns copies the ledger, of three partitions and so many lines; nobody has the copy open. */
export function largeLedgers(lines: number): () => Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'completengine-test-'));
  const template = join(directory, 'large.codex');
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return async () => {
    if (!existsSync(template)) {
      const input = join(directory, 'input.jsonl');
      writeFileSync(input, Array.from({ length: lines }, (_, n) => `${largeLine(n + 1)}\n`).join(''));
      await succeed(['init', '-l', template, '--partition', 'hash:k', '--partitions', '3']);
      // of a file the chunks are as large as they get, and so is the first page
      await succeed(['emit', '-q', '-l', template, input]);
    }
    const copy = join(tempDir(), 'events.codex');
    copyFileSync(template, copy);
    return copy;
  };
}
