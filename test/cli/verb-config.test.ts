/** Tests that the names a verb knows without reading package.json are those of package.json. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { NAMES, VerbConfig } from '../../src/cli/app/verb-config.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const description = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8'));

it('has the names of package.json', () => {
  const { bin, dirname, topicSeparator } = description.oclif;
  expect(NAMES).toEqual({ name: description.name, bin, dirname, topicSeparator });
});

it('reads the version and the rest when they are asked for', () => {
  const config = new VerbConfig(ROOT, ['emit']);
  expect(config).toMatchObject(NAMES);
  expect(config.version).toBe(description.version);
  expect(config.pjson).toEqual(description);
});
