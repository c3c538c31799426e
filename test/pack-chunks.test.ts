/** The packing of the command line's bundle: what chunks give each other, what is loaded later, and what is refused. */

import { createContext, Script } from 'node:vm';
import { expect, it } from 'vitest';
// @ts-expect-error a script, without types
import { packChunks } from '../scripts/pack-chunks.js';

const NAMES = { entry: 'main', often: [], seldom: 'rest.cjs' };

const file = (name: string, text: string) => ({ path: `/out/${name}.js`, text });

/** The exports of the packed entry, with `require` as given, and the names that it was asked for. */
async function run(files: ReturnType<typeof file>[]) {
  const { usual, seldom } = await packChunks(files, NAMES);
  const asked: string[] = [];
  const functionOf = (text: string) => new Script(text).runInContext(createContext({ Promise }));
  const load = (name: string): unknown => {
    asked.push(name);
    if (name === './rest.cjs') return moduleOf(seldom);
    return name === 'node:url' ? { pathToFileURL: () => ({ href: 'file:///out/' }) } : { name };
  };
  const moduleOf = (text: string) => {
    const module = { exports: {} as Record<string, unknown> };
    functionOf(text)(module.exports, load, module, '/out/main.cjs', '/out');
    return module.exports;
  };
  return { exports: moduleOf(usual), asked };
}

it('gives names as they are exported, and loads what is seldom used when it is', async () => {
  const { exports, asked } = await run([
    file(
      'main',
      'import { a as b } from "./chunk-A.js";\nvar later = () => import("./late-AAAAAAAA.js");\nexport { b as value, later };',
    ),
    file('chunk-A', 'var a = 7;\nexport { a };'),
    file('late-AAAAAAAA', 'import { a } from "./chunk-A.js";\nvar found = a + 1;\nexport { found as default };'),
  ]);
  expect(exports['value']).toBe(7);
  expect(asked).not.toContain('./rest.cjs');
  expect(await (exports['later'] as () => Promise<unknown>)()).toEqual({ default: 8 });
  expect(asked).toContain('./rest.cjs');
});

it('gives a package that is CommonJS as its default', async () => {
  const { exports } = await run([
    file('main', 'var later = () => import("./package-AAAAAAAA.js");\nexport { later };'),
    file('package-AAAAAAAA', 'var require_package = () => ({ bar: 1 });\nexport default require_package();'),
  ]);
  expect(await (exports['later'] as () => Promise<unknown>)()).toEqual({ default: { bar: 1 } });
});

it.each([
  ['chunks that import each other', 'import { b } from "./b.js";\nexport { b as a };', /import each other: .*main/],
  ['a module that is run later', 'var init_a = () => {};\nexport { init_a };', /run later/],
  ['a form that it does not know', 'export * from "./b.js";', /cannot be packed/],
])('refuses %s', async (_, text, reason) => {
  const other = file('b', 'import { a } from "./main.js";\nexport { a as b };');
  await expect(packChunks([file('main', text), other], NAMES)).rejects.toThrow(reason);
});
