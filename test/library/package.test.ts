/** The package as its users get it: packed, compiled and run from a project of their own. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Partitioning } from '../../src/core/engine/partitioning.ts';
import { Completengine } from '../../src/index.ts';
import { type InstalledPackage, installPackage, run } from '../support/installed-package.ts';
import { tempDir } from '../support/temp-dir.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LIBRARY = readFileSync(join(ROOT, 'docs/LIBRARY.md'), 'utf8');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** The programs of a page, each with what it prints where that is shown. */
function programsOf(page: string): { readonly code: string; readonly prints: string | undefined }[] {
  return [...page.matchAll(/```ts\n([\s\S]*?)```\n(?:\n```text\n([\s\S]*?)```)?/g)].map(([, code = '', prints]) => ({
    code,
    prints,
  }));
}

/** The methods of a class's objects, getters left out. */
function methodsOf(prototype: object): string[] {
  const all = Object.entries(Object.getOwnPropertyDescriptors(prototype)) as [string, PropertyDescriptor][];
  return all.filter(([name, { value }]) => typeof value === 'function' && name !== 'constructor').map(([name]) => name);
}

const PAGE = programsOf(LIBRARY);
const [FIRST, SECOND] = programsOf(README);

/** Each of its own; compiled together, because most of the time goes into reading the types. */
const SOURCES: Readonly<Record<string, string>> = {
  'wrapper.ts': `
  import { Completengine, type EventBatch, type StreamSink } from 'completengine';
  export async function wrap(ledger: string) {
    const engine = await Completengine.open({ ledger });
    const { partitioning } = engine;
    return {
      ${methodsOf(Completengine.prototype)
        .map((name) => `${name}: engine.${name}.bind(engine),`)
        .join('\n')}
      identity: engine.identity,
      epochs: engine.identity.epochs,
      explain: () => partitioning.explain(['a']),
      lines: () => partitioning.explainLines([]),
      list: () => partitioning.list(),
      preview: () => partitioning.previewReroute('hash'),
      add: () => partitioning.add(['a']),
      span: (batch: EventBatch) => batch.span,
      sink: (sink: StreamSink) => sink.deliver.bind(sink),
      members: async () => (await engine.groups()).flatMap(({ members }) => members),
    };
  }`,
  'emit.ts': `
  import { Readable } from 'node:stream';
  import { type Completengine, type EmissionReport, type EventReceipt, LedgerError, type LedgerErrorCode, type SubscribeOptions } from 'completengine';
  interface Order { tenant: string }
  export async function emit(engine: Completengine, order: Order, orders: readonly Order[]): Promise<void> {
    const one: EventReceipt = await engine.emit(order);
    const texts: EventReceipt = await engine.emit('{}', { key: 'a' });
    const bytes: EventReceipt = await engine.emit(new Uint8Array([0x7b, 0x7d]));
    const many: EventReceipt[] = await engine.emit(orders);
    const lines: EmissionReport = await engine.emit(Readable.from(['1']), { producer: 'p', onReject: () => {} });
    // @ts-expect-error a list without a declared type inside a list is many events
    const list: EventReceipt = await engine.emit([1, 2]);
    // @ts-expect-error what stores positions takes a stream
    await engine.emit(order, { producer: 'p' });
    // @ts-expect-error a promise is no event
    await engine.emit(Promise.resolve(order));
    // @ts-expect-error nothing is no event
    await engine.emit(undefined);
    // @ts-expect-error no such option
    const options: SubscribeOptions = { grup: 'mailer' };
    // @ts-expect-error an option of members, without a group
    const live: SubscribeOptions = { maxDeliver: 3 };
    const member: SubscribeOptions = { group: 'mailer', maxDeliver: 3, onParked: ({ sequence }) => void sequence };
    void [one, texts, bytes, many, lines, list, options, live, member];
  }
  /** Compiles while the codes are a closed union. */
  export function isFinal(error: LedgerError): boolean {
    const code: LedgerErrorCode = error.code;
    // @ts-expect-error no such code
    if (code === 'BUSSY') return true;
    return code !== 'BUSY';
  }`,
  'formats.ts': `
  import { type Anchor, type Completengine, type ConfigurableFormat, type EventFormat, formats, StreamSink } from 'completengine';
  export async function write(engine: Completengine, kept: Anchor): Promise<void> {
    const csv: ConfigurableFormat<'fields'> = formats.csv;
    const chosen: EventFormat[] = [
      csv.with({ fields: 'time,key' }),
      formats.tsv.with({ fields: 'time' }),
      formats.template.with({ format: '%s' }),
      formats.cloudevents.with({ source: '/orders' }),
      formats.cloudevents.with({}),
      formats.envelope,
    ];
    // @ts-expect-error no such setting
    formats.csv.with({ feilds: 'time' });
    for (const format of chosen) await engine.replay().deliver(new StreamSink(process.stdout, format));
    await engine.verify({ expectHead: await engine.head() });
    await engine.verify({ expectHead: kept });
    await engine.emit({}, { expectHead: (await engine.inspect()).head });
  }`,
  'imports.mts': `import { Completengine } from 'completengine'; console.log(typeof Completengine.open);`,
  'requires.cts': `import completengine = require('completengine'); console.log(typeof completengine.Completengine.open);`,
  ...Object.fromEntries(PAGE.map(({ code }, at) => [`program${at}.ts`, code])),
  'first.ts': FIRST?.code ?? '',
  'second.ts': `import type { Completengine } from 'completengine';
    declare const engine: Completengine;
    declare function send(mail: unknown): Promise<void>;
    ${SECOND?.code}`,
};

let installed: InstalledPackage;
let out: string;

beforeAll(() => {
  installed = installPackage();
  out = installed.compile(SOURCES);
}, 180_000);
afterAll(() => installed.remove());

const programs = (): string[] => readdirSync(out);

/** The declarations of the package that a file imports, with their texts. */
function reachable(file: string, known = new Map<string, string>()): Map<string, string> {
  if (known.has(file)) return known;
  const text = readFileSync(join(ROOT, 'dist/lib', file), 'utf8');
  known.set(file, text);
  for (const [, path = ''] of text.matchAll(/(?:from|import)\s*\(?'(\.[^']+)\.ts'/g))
    reachable(join(dirname(file), `${path}.d.ts`), known);
  return known;
}

describe('the package', () => {
  it('holds the library, the commands and their pages, and nothing that neither uses', () => {
    for (const path of [
      'dist/lib/index.d.ts',
      'dist/lib/kernel.wasm',
      'dist/lib/kernel-shared.wasm',
      'dist/cli/verbs.cjs',
      'bin/run.js',
      'docs/LIBRARY.md',
      'README.md',
      'LICENSE',
    ])
      expect(installed.files).toContain(path);
    expect(
      installed.files.filter((path) => /^(src|test|bench|fixtures|dist\/lib\/(cli|commands|main))\b/.test(path)),
    ).toEqual([]);
    // compiled code serves one version of Node
    expect(installed.files.filter((path) => path.endsWith('.code'))).toEqual([]);
  });

  it('has types whose every part its users can name', () => {
    expect(programs()).toContain('wrapper.js');
  });

  it('has types that TypeScript 5.0 can read', () => {
    // 5.7 made typed arrays generic: where a type is inferred, it writes Uint8Array<ArrayBuffer>, which earlier versions refuse
    const generic = [...reachable('index.d.ts')].filter(([, text]) =>
      /\b(?:(?:Big)?(?:Uint|Int|Float)\d+(?:Clamped)?Array|Buffer)</.test(text),
    );
    expect(generic.map(([file]) => file)).toEqual([]);
  });

  it('says by its types what emit answers, and refuses what is no option', () => {
    expect(programs()).toContain('emit.js');
  });

  it('has formats whose settings its users can give, and no others', () => {
    expect(programs()).toContain('formats.js');
  });

  it('is imported and required', () => {
    for (const file of ['imports.mjs', 'requires.cjs'])
      expect(run(join(out, file), out)).toEqual({ code: 0, out: 'function\n', err: '' });
  });
});

describe('the page of the library', () => {
  it('holds programs that compile, run, end by themselves and print what it says', () => {
    expect(PAGE.length).toBeGreaterThan(4);
    for (const [at, { code, prints }] of PAGE.entries()) {
      expect.soft(run(join(out, `program${at}.js`), tempDir()), code).toEqual({ code: 0, out: prints, err: '' });
    }
  });

  it('names every method there is', () => {
    const named = new Set([...LIBRARY.matchAll(/^\| `([a-zA-Z]+)\(/gm)].map(([, name]) => name));
    const statics = Object.getOwnPropertyNames(Completengine).filter(
      (name) => !['length', 'name', 'prototype'].includes(name),
    );
    for (const name of [...statics, ...methodsOf(Completengine.prototype), ...methodsOf(Partitioning.prototype)])
      expect.soft(named, name).toContain(name);
  });

  it('names every code of an error', () => {
    const source = readFileSync(join(ROOT, 'src/core/model/ledger-error.ts'), 'utf8');
    const codes = [...source.matchAll(/^ {2}\| '([A-Z_]+)'/gm)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(30);
    for (const code of codes) expect.soft(LIBRARY).toContain(`\`${code}\``);
  });
});

describe("the README's library", () => {
  it('compiles, and its first program runs', () => {
    const { code, out: said, err } = run(join(out, 'first.js'), tempDir());
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(said).toMatch(/^1 \{"tenant":"acme","amount":12\}\n/);
  });
});
