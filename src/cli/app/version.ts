/** The answer to `--version`. By oclif it took 190 ms of processor time: all of its configuration, and all modules of the help. */

import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { ledgersNamed, refuseTakenFiles } from '../state/taken-files.ts';
import { guardOutput } from '../terminal/guard-output.ts';
import { defaultLedger } from './default-ledger.ts';

/** `root`: the directory of package.json. @throws LedgerError if standard output is a ledger */
export function printVersion(root: string, argv: readonly string[]): void {
  guardOutput();
  refuseTakenFiles({ ledgers: ledgersNamed(argv, defaultLedger()) });
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  process.stdout.write(`${name}/${version} ${platform()}-${process.arch} node-${process.version}\n`);
}

/** Linux inside of Windows has a kernel that says so. */
function platform(): string {
  return process.platform === 'linux' && /microsoft/i.test(release()) ? 'wsl' : process.platform;
}
