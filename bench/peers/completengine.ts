/** Completengine as users run it: `cat FILE | completengine emit`, with full durability, the chain, eight partitions by a key, and times from the events. */

import { join } from 'node:path';
import { TIME_FIELD } from '../../src/cli/bench/events.ts';
import { run, runScript } from '../../src/cli/bench/processes.ts';
import { PARTITIONS } from './lanes.ts';
import type { Attempt, Outcome, Peer } from './peer.ts';
import { versionOf } from './programs.ts';

/** `root`: of the built package. */
export function completengine(root: string): Peer {
  const cli = join(root, 'bin/run.js');
  return {
    name: 'completengine emit',
    needs: 'npm run build',
    promise: 'synced with every commit (synchronous=FULL), chained, partitioned',
    version: (signal) => versionOf(process.execPath, [cli, '--version'], signal),
    run: (attempt) => measure(attempt, cli),
  };
}

async function measure({ workload, directory, signal }: Attempt, cli: string): Promise<Outcome> {
  const ledger = join(directory, 'events.codex');
  const init = [
    '--routing',
    'hash:tenant',
    '--partitions',
    String(PARTITIONS),
    '--time',
    TIME_FIELD,
    '--ledger',
    ledger,
  ];
  await run(process.execPath, [cli, 'init', ...init], signal);
  const { wallMs } = await runScript(
    'cat "$1" | "$2" "$3" emit --quiet --ledger "$4"',
    [workload.input, process.execPath, cli, ledger],
    signal,
  );
  const { stdout } = await run(process.execPath, [cli, 'inspect', '--verify', '--json', '--ledger', ledger], signal);
  return { ms: wallMs, stored: (JSON.parse(stdout) as { events: number }).events };
}
