/** Runs code with the built library in a separate process, which records started threads and must end by itself. */

import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { runProgram } from './fault-tools.ts';
import { OPTIMIZE_LATER } from './node-flags.ts';

const LIBRARY = fileURLToPath(new URL('../../dist/lib/index.js', import.meta.url));

/** Runs `body` with `open`, `ledger` (its path), and the definitions of `also`; returns the result of the body, and the number of started threads. */
export async function runLibrary<Delivered>(
  ledger: string,
  body: string,
  also = '',
): Promise<Delivered & { readonly threads: number }> {
  const script = `
    import { subscribe } from 'node:diagnostics_channel';
    let threads = 0;
    subscribe('worker_threads', () => threads++);
    const { Completengine } = await import(${JSON.stringify(LIBRARY)});
    const ledger = ${JSON.stringify(ledger)};
    const open = (options) => Completengine.open({ ledger, ...options });
    ${also}
    const result = await (async () => { ${body} })();
    process.stdout.write(JSON.stringify({ ...result, threads }));`;
  const { code, signal, stdout, stderr } = await runProgram(process.execPath, [
    ...OPTIMIZE_LATER,
    '--input-type=module',
    '--eval',
    script,
  ]);
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  return JSON.parse(stdout.toString()) as Delivered & { threads: number };
}
