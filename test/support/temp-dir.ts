/** Creates a temporary directory per test, removed after the test. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const MEMORY = '/dev/shm';

export function tempDir(): string {
  return newDirectory(tmpdir());
}

/** In memory where there is such a place: for files that are synced often, in tests that are not about disks. */
export function unsyncedTempDir(): string {
  return newDirectory(existsSync(MEMORY) ? MEMORY : tmpdir());
}

function newDirectory(place: string): string {
  const directory = mkdtempSync(join(place, 'completengine-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
