/** The packing of the command line's bundle: what chunks give each other, what is loaded later, and what is refused. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContext, Script } from 'node:vm';
import { expect, it } from 'vitest';
// @ts-expect-error a script, without types
import { packChunks } from '../scripts/pack-chunks.js';

const never = () => false;

const file = (name: string, text: string) => ({ path: `/out/${name}.js`, text });

/**
 * The exports of the packed entry, with `require` as given, the names that it was asked for, and the chunks in the order in which they were run. All but the
 * entry are in a script of their own, unless `scripts` says otherwise. `isLazy` and `scripts`: as the packing takes them.
 */
async function run(
  files: ReturnType<typeof file>[],
  isLazy: (from: string, to: string) => boolean = never,
  scripts: Record<string, string[]> = { 'main.cjs': [], 'rest.cjs': [] },
) {
  const packed = await packChunks(files, { entry: './main.js', scripts, isLazy });
  const asked: string[] = [];
  const chunks: string[] = [];
  const functionOf = (text: string) => new Script(text).runInContext(createContext({ Promise }));
  const load = (name: string): unknown => {
    asked.push(name);
    if (name.endsWith('.cjs')) return moduleOf(packed[name.slice(2)]);
    return name === 'node:url' ? { pathToFileURL: () => ({ href: 'file:///out/' }) } : { name };
  };
  const moduleOf = (text: string) => {
    const module = { exports: {} as Record<string, unknown>, onChunk: (name: string) => chunks.push(name) };
    functionOf(text)(module.exports, load, module, '/out/main.cjs', '/out');
    return module.exports;
  };
  return { exports: moduleOf(packed['main.cjs']), asked, chunks };
}

it('gives names as they are exported, and loads another script when a chunk of it is wanted', async () => {
  const { exports, asked } = await run([
    file('main', 'var later = () => import("./late-AAAAAAAA.js");\nvar a = 7;\nexport { a as value, later };'),
    file('chunk-A', 'var one = 1;\nvar a = 7;\nexport { one, a };'),
    file(
      'late-AAAAAAAA',
      'import { a as b } from "./chunk-A.js";\nvar found = b + 1;\nexport { found as default, b };',
    ),
  ]);
  expect(exports['value']).toBe(7);
  expect(asked).not.toContain('./rest.cjs');
  expect(await (exports['later'] as () => Promise<unknown>)()).toEqual({ default: 8, b: 7 });
  expect(asked).toContain('./rest.cjs');
});

it('gives a package that is CommonJS as its default, later and at once', async () => {
  const { exports } = await run([
    file(
      'main',
      'var later = () => import("./package-AAAAAAAA.js");\nvar now = () => __now(import("./package-AAAAAAAA.js"));\nexport { later, now };',
    ),
    file('package-AAAAAAAA', 'var require_package = () => ({ bar: 1 });\nexport default require_package();'),
  ]);
  expect((exports['now'] as () => unknown)()).toEqual({ bar: 1 });
  expect(await (exports['later'] as () => Promise<unknown>)()).toEqual({ default: { bar: 1 } });
});

it('runs a chunk at its first use where it is lazy, and not what is imported for its order alone', async () => {
  const files = [
    file(
      'main',
      'import { used, Base, settings } from "./chunk-L.js";\nimport "./chunk-O.js";\nvar call = () => [used(1), new (class extends Base {})().name, { ...settings }];\nexport { call };',
    ),
    file(
      'chunk-L',
      'var Base = class {\n  name = "base";\n};\nvar used = (x) => x + 1;\nvar settings = { on: true };\nexport { Base, settings, used };',
    ),
    file('chunk-O', 'var other = 1;\nexport { other };'),
  ];
  const lazy = await run(files, (from, to) => from === './main.js' && to === './chunk-L.js');
  expect(lazy.chunks).toEqual(['./main.js']);
  expect((lazy.exports['call'] as () => unknown)()).toEqual([2, 'base', { on: true }]);
  expect(lazy.chunks).toEqual(['./main.js', './chunk-L.js']);
  const eager = await run(files);
  expect(eager.chunks).toEqual(['./main.js', './chunk-L.js']);
  expect((eager.exports['call'] as () => unknown)()).toEqual([2, 'base', { on: true }]);
});

it('has what a chunk loads at once in the script of that chunk, and what it may load later where it is wanted', async () => {
  const files = [
    file('main', 'var later = () => import("./long.js");\nexport { later };'),
    file(
      'long',
      'import { a } from "./stub.js";\nimport { c } from "./lazy.js";\nvar sum = () => a + c();\nexport { sum };',
    ),
    file('stub', 'import { a } from "./chunk-A.js";\nexport { a };'),
    file('chunk-A', 'var a = 1;\nexport { a };'),
    file('lazy', 'var c = () => 2;\nexport { c };'),
  ];
  const isLazy = (_: string, to: string) => to !== './chunk-A.js' && to !== './stub.js';
  const { exports, asked } = await run(files, isLazy, { 'main.cjs': [], 'long.cjs': ['./long.js'], 'rest.cjs': [] });
  const { sum } = (await (exports['later'] as () => Promise<unknown>)()) as { sum: () => number };
  expect(asked.filter((name) => name.endsWith('.cjs'))).toEqual(['./long.cjs']);
  expect(sum()).toBe(3);
  expect(asked.filter((name) => name.endsWith('.cjs'))).toEqual(['./long.cjs', './rest.cjs']);
});

it.each([
  ['chunks that import each other', 'import { b } from "./b.js";\nexport { b as a };', /import each other: .*main/],
  ['a module that is run later', 'var init_a = () => {};\nexport { init_a };', /run later/],
  ['a form that it does not know', 'export * from "./b.js";', /cannot be packed/],
  [
    'a name that is not exported',
    'import { c } from "./c.js";\nvar d = c;\nexport { d };',
    /c, which \.\/c\.js does not/,
  ],
])('refuses %s', async (_, text, reason) => {
  const others = [
    file('b', 'import { a } from "./main.js";\nexport { a as b };'),
    file('c', 'var x = 1;\nexport { x };'),
  ];
  const packed = packChunks([file('main', text), ...others], {
    entry: './main.js',
    scripts: { 'main.cjs': [] },
    isLazy: never,
  });
  await expect(packed).rejects.toThrow(reason);
});

it('no source module is imported for its effects alone: the packing leaves such imports out', () => {
  const source = fileURLToPath(new URL('../src', import.meta.url));
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(300);
  const effects = files.filter((path) => /^import ['"]/m.test(readFileSync(join(source, path), 'utf8')));
  expect(effects).toEqual([]);
});
