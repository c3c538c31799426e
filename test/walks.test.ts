/** Runs the commands whose way ARCHITECTURE.md walks through, and checks that each file of a walk takes part. */

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { newLedger } from './support/ledger-cli.ts';
import { tempDir } from './support/temp-dir.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** One module per source file, and not a bundle. */
const BUILT = join(ROOT, 'dist/modules/');

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly functionName: string;
      readonly ranges: readonly { readonly count: number }[];
    }[];
  }[];
}

/** The sources of which a function ran, other than the body of the module. */
function filesRunBy(args: readonly string[], input: string): Set<string> {
  const directory = tempDir();
  const main = pathToFileURL(join(BUILT, 'main.js')).href;
  const script = `import(${JSON.stringify(main)}).then(({ main }) => main(${JSON.stringify(ROOT)}, process.argv.slice(1)))`;
  const env = { ...process.env, NODE_V8_COVERAGE: directory };
  execFileSync(process.execPath, ['-e', script, '--', ...args], { env, input, stdio: ['pipe', 'ignore', 'pipe'] });
  const reports = readdirSync(directory).map(
    (name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as Coverage,
  );
  const ran = reports
    .flatMap(({ result }) => result)
    .filter(({ functions }) => functions.some(({ functionName, ranges }) => functionName !== '' && ranges[0]?.count))
    .filter(({ url }) => url.startsWith(pathToFileURL(BUILT).href))
    .map(({ url }) => `src/${fileURLToPath(url).slice(BUILT.length).replace(/\.js$/, '.ts')}`);
  return new Set(ran);
}

function walk(heading: string): string[] {
  const section =
    readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8').split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^\d+\. `([\w./-]+)`/gm)].map(([, path]) => path as string);
}

it.each([
  ['From standard input to the disk', ['emit', '-q']],
  ['One `--exec` delivery', ['tail', '--group', 'g', '--exit-at-head', '--exec', 'cat > /dev/null']],
])('each file of the walk "%s" takes part', async (heading, args) => {
  const ledger = await newLedger('--routing', 'hash:k');
  const ran = filesRunBy(['emit', '-q', '-l', ledger], '{"k":"a"}\n');
  const files = args[0] === 'emit' ? ran : filesRunBy([...args, '-l', ledger], '');
  expect(walk(heading).length).toBeGreaterThan(10);
  expect(walk(heading).filter((file) => !files.has(file))).toEqual([]);
});
