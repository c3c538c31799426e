/** Runs commands over a ledger and writes down what each prints and returns. Only what differs from run to run is replaced. */

import { join } from 'node:path';
import { runCli } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { unpackLedger } from './kept.ts';

export interface Command {
  /** Without `-l LEDGER`, which is added unless it is there. */
  readonly args: readonly string[];
  readonly input?: string;
  /** Changes the directory of the ledger `NAME.codex` before the command. */
  readonly prepare?: (directory: string) => void;
  /** Write down the exit code alone, because a message may be reworded. */
  readonly isCodeOnly?: boolean;
}

const VOLATILE: readonly (readonly [pattern: RegExp, placeholder: string])[] = [
  [/"(wallMs|oldestAgeMs)":( ?)[\d.]+/g, '"$1":$2MS'],
  [/\bin [\d.,]+ s, [\d,.]+ events\/s/g, 'in TIME, RATE'],
  [/the oldest from [\dydhms .]+ ago/g, 'the oldest from AGE ago'],
  // the version that better-sqlite3 contains
  [/SQLite \d+\.\d+\.\d+/g, 'SQLite VERSION'],
];
/** The table of groups in `inspect`: its columns are as wide as the ages in it. */
const GROUPS = /^group +lag +oldest .*\n(?:.+\n)*/gm;
const AGE = /\d+d(?: \d+h)?(?= )/g;

/** What a new commit or a new ledger contains of the present. */
const OF_THE_PRESENT: readonly (readonly [pattern: RegExp, placeholder: string])[] = [
  [/\b[0-9a-f]{64}\b/g, 'HASH'],
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'UUID'],
];

function placeholders(text: string, directory: string, isWriting: boolean): string {
  return [...VOLATILE, ...(isWriting ? OF_THE_PRESENT : [])].reduce(
    (plain, [pattern, placeholder]) => plain.replace(pattern, placeholder),
    withoutAges(text).replaceAll(directory, 'DIRECTORY'),
  );
}

function withoutAges(text: string): string {
  return text.replace(GROUPS, (table) => table.replace(AGE, 'AGE').replace(/ {2,}/g, '  '));
}

/** Whether the output contains hashes of a commit that the command makes. */
const isWriting = (verb: string | undefined) => verb === 'init' || verb === 'emit';

/** Every command starts with the kept ledger, in a directory of its own. */
export async function transcriptOf(name: string, commands: readonly Command[]): Promise<string> {
  const blocks: string[] = [];
  for (const command of commands) blocks.push(await block(name, command));
  return blocks.join('\n');
}

async function block(name: string, { args, input, prepare, isCodeOnly = false }: Command): Promise<string> {
  const directory = tempDir();
  unpackLedger(name, join(directory, `${name}.codex`));
  prepare?.(directory);
  const all = args.includes('-l') ? args : [...args, '-l', `${name}.codex`];
  const { code, stdout, stderr } = await runCli(all, { cwd: directory, ...(input !== undefined && { input }) });
  const plain = (text: string) => placeholders(text, directory, isWriting(args[0]));
  const printed = isCodeOnly ? [] : [plain(stdout.toString('utf8')), streamText('stderr', plain(stderr))];
  return [`$ ${all.map(quoted).join(' ')}\n`, ...printed, `exit ${code}\n`].join('');
}

function streamText(stream: string, text: string): string {
  return text.replace(/^(?=.)/gm, `${stream}: `);
}

function quoted(argument: string): string {
  return /^[\w./:=,+-]+$/.test(argument) ? argument : `'${argument}'`;
}
