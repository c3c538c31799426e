/** The sessions that a document shows in its console blocks: commands after `$ `, each with the lines it prints. */

import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { BIN, runCli } from './cli.ts';

export interface Step {
  readonly command: string;
  readonly output: readonly string[];
}

/** The blocks of a language, in order. */
export function blocksOf(document: string, language: string): string[] {
  return [...document.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, block = '']) => block,
  );
}

/** The steps of all console blocks, in order. */
export function sessionOf(document: string): Step[] {
  return blocksOf(document, 'console')
    .join('')
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const [command = '', ...output] = step.trimEnd().split('\n');
      return { command, output: output.filter((line) => line !== '') };
    });
}

/** A line that runs `completengine` once, and in which a shell would replace nothing. */
const OURS_ALONE = /^completengine((?: [\w./:=,@+%-]+)+)$/;

interface LineResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a line of a shell in which `completengine` is the built command: in the resident command line if a shell would do nothing else. */
export async function runLine(command: string, cwd: string): Promise<LineResult> {
  const [, words] = OURS_ALONE.exec(command) ?? [];
  if (words !== undefined) {
    const { code, stdout, stderr } = await runCli(words.trim().split(' '), { cwd });
    return { status: code, stdout: stdout.toString('utf8'), stderr };
  }
  const script = `set -o pipefail; completengine() { "${process.execPath}" "${BIN}" "$@"; }; ${command}`;
  return spawnSync('bash', ['-c', script], { cwd, encoding: 'utf8' });
}

/** Replaces what differs from run to run by the placeholders of the documents. Sorted, because the two outputs of a command have no order. */
function normalize(output: string, directory: string): string[] {
  return output
    .replaceAll(`${directory}/`, './')
    .replace(/\b(\d+:)[0-9a-f]{64}\b/g, '$1HASH')
    .replace(/in \d+\.\d+ s, [\d,]+ events\/s/g, 'in TIME, RATE')
    .replace(/the oldest from \d+y \d+d ago/g, 'the oldest from AGE ago')
    .replace(/\b\d{4}-\d\d-\d\d\.codex/g, 'DATE.codex')
    .replace(/\(\d+\.\d+ [kM]B\), verified/g, '(SIZE), verified')
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

/** Runs the steps one after the other in the directory, and expects what is printed. `location`: the place of a ledger in the document, and the real one. */
export async function expectSession(
  steps: readonly Step[],
  directory: string,
  location?: { readonly shown: string; readonly real: string },
): Promise<void> {
  const toReal = (text: string) => (location === undefined ? text : text.replaceAll(location.shown, location.real));
  const toShown = (text: string) => (location === undefined ? text : text.replaceAll(location.real, location.shown));
  for (const { command, output } of steps) {
    const program = /\b(sqlite3|jq)\b/.exec(command)?.[0];
    if (program !== undefined && spawnSync(program, ['--version']).error !== undefined) {
      console.warn(`not run, there is no ${program} here: ${command}`);
      continue;
    }
    const { stdout, stderr } = await runLine(toReal(command), directory);
    expect.soft(normalize(toShown(stdout + stderr), directory), command).toEqual([...output].sort());
  }
}
