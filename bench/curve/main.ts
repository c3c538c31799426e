/** `npm run bench:curve -- [--curves events,partitions] [--quick] [--huge] [--dir DIRECTORY] [--out FILE]`: progress on standard error. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { LedgerError } from '../../src/index.ts';
import { runBenchmark } from '../run-benchmark.ts';
import { CURVES, type CurveDocument, type CurveName } from './document.ts';
import { measureCurves } from './run.ts';
import { sizesOf } from './sizes.ts';

// both the source and the bundle are two folders below the root
const root = fileURLToPath(new URL('../..', import.meta.url));
const HINT = `use --curves ${CURVES.join(',')}, --quick, --huge, --dir DIRECTORY, --out FILE`;

await runBenchmark(async ({ signal, onProgress }) => {
  const flags = readFlags();
  const { quick, huge } = flags;
  const out = resolve(flags.out ?? join(root, quick ? 'dist/bench/curve.json' : 'bench/curve/results/curve.json'));
  mkdirSync(dirname(out), { recursive: true });
  const options = { root, sizes: sizesOf({ quick, huge }), parent: flags.dir, signal, onProgress };
  // written after each curve: what was measured for minutes must not be lost with the next one
  await measureCurves({
    ...options,
    curves: readCurves(flags.curves),
    onCurve: (name, curve) =>
      writeFileSync(out, `${JSON.stringify({ ...readDocument(out), [name]: curve }, null, 1)}\n`),
  });
  onProgress(`written: ${out}`);
});

function readFlags() {
  const flag = { type: 'boolean', default: false } as const;
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      options: { curves: { ...text, default: CURVES.join(',') }, quick: flag, huge: flag, dir: text, out: text },
    }).values;
  } catch (error) {
    throw invalid((error as Error).message, error);
  }
}

function readCurves(names: string): CurveName[] {
  return names.split(',').map((name) => {
    const found = CURVES.find((each) => each === name);
    if (found === undefined) throw invalid(`there is no curve '${name}'`);
    return found;
  });
}

function readDocument(file: string): CurveDocument {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as CurveDocument;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

function invalid(message: string, cause?: unknown): LedgerError {
  return new LedgerError('INVALID_ARGUMENT', { message, hint: HINT, cause });
}
