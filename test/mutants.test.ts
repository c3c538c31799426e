/** The list of planted bugs fits the sources: `npm run test:mutants` plants them and runs the tests that must notice. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
// @ts-expect-error a script, without types
import { MUTANTS } from '../scripts/mutants/list.js';
// @ts-expect-error a script, without types
import { planted } from '../scripts/mutants/plant.js';

interface Mutant {
  readonly name: string;
  readonly tests: readonly string[];
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const mutants = MUTANTS as readonly Mutant[];

test('no mutant is stale, and each names tests that are there', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  expect(mutants.length).toBeGreaterThan(50);
  for (const mutant of mutants) {
    expect(() => planted(ROOT, mutant), mutant.name).not.toThrow();
    expect(mutant.tests.length, mutant.name).toBeGreaterThan(0);
    for (const file of mutant.tests) expect(existsSync(join(ROOT, file)), `${mutant.name}: ${file}`).toBe(true);
  }
});

test('a mutant whose text is not in its file, or is there twice, is stale', () => {
  const stale = (find: string) => () =>
    planted(ROOT, { name: 'x', file: 'scripts/mutants/plant.js', find, replace: '' });
  expect(stale('no such text')).toThrow('stale');
  expect(stale('name')).toThrow('stale');
});
