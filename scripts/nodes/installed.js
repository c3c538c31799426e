/** Installs the packed package globally, as a user would, into a separate prefix, and tests it. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment } from './environment.js';
import { expectThat, run } from './run.js';
import { PIPED_RUNS, ROOT, WORK } from './settings.js';

const EARTHQUAKES = join(ROOT, 'fixtures/earthquakes.jsonl');

/** Returns the environment in which `completengine` is the installed command. */
export function install(node, manager, tarball) {
  const prefix = join(WORK, 'prefix', `${manager.name}-${node.version}`);
  const bin = join(prefix, 'bin');
  mkdirSync(bin, { recursive: true });
  const env = environment([bin, node.bin], { PNPM_HOME: prefix, XDG_CACHE_HOME: join(prefix, 'cache') });
  const npm = ['install', '--global', '--no-audit', '--no-fund', '--prefix', prefix, tarball];
  const pnpm = ['add', '--global', tarball];
  run(node.node, [manager.script, ...(manager.name === 'npm' ? npm : pnpm)], { env, cwd: prefix });
  return { prefix, env };
}

/** Runs init, emit and replay; the output must equal the input. */
export function firstRound({ prefix, env }) {
  const ledger = join(prefix, 'events.codex');
  const script =
    'set -o pipefail; completengine init && completengine emit "$1" && completengine replay --quiet | cmp - "$1" && completengine inspect --verify';
  const { out } = bash(script, [EARTHQUAKES], { ...env, COMPLETENGINE_LEDGER: ledger });
  expectThat(out.includes('OK: 1,707 events'), `inspect --verify says: ${out}`);
}

/** Checks the exit code of each run: a pipe hides it, and a crash at exit comes after the last line of output. */
export function pipedRuns({ prefix, env }) {
  const input = join(prefix, 'piped.jsonl');
  // several commits on the writer thread
  writeFileSync(input, readFileSync(EARTHQUAKES, 'utf8').repeat(4));
  const script = `
    completengine init || exit
    for run in $(seq "$2"); do
      cat "$1" | completengine emit --quiet
      code="\${PIPESTATUS[1]}"
      if [ "$code" != 0 ]; then echo "run $run of $2 ended with $code"; exit 1; fi
    done
    completengine inspect --verify`;
  const { out } = bash(script, [input, String(PIPED_RUNS)], {
    ...env,
    COMPLETENGINE_LEDGER: join(prefix, 'piped.codex'),
  });
  expectThat(
    out.includes(`OK: ${(PIPED_RUNS * 4 * 1707).toLocaleString('en-US')} events`),
    `inspect --verify says: ${out}`,
  );
}

/** A Node that would crash with a segmentation fault prints one line with both versions, and one with the command to run. */
export function refusal({ prefix, env }, node) {
  const { err } = run('completengine', ['init', '-l', join(prefix, 'refused.codex')], {
    env: { ...env, PATH: `${node.bin}:${env.PATH}` },
    expected: 69,
  });
  const wanted = new RegExp(
    `^error: better-sqlite3 13\\.\\d+\\.\\d+ needs Node 22\\.14 or later, and this is Node ${node.version}\\n  try: [^\\n]+\\n$`,
  );
  expectThat(wanted.test(err), `Node ${node.version} says: ${err}`);
}

function bash(script, args, env) {
  return run('bash', ['-c', script, 'bash', ...args], { env });
}
