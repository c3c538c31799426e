/** Completion: candidates by the grammar and the ledger, and the scripts in real shells. Names of a ledger are hostile. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { BIN } from '../support/cli.ts';
import { newLedger, succeed } from '../support/ledger-cli.ts';
import { hasScreen, Screen } from '../support/screen.ts';
import { runShell } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';

async function ledgerWithGroups(): Promise<string> {
  const ledger = await newLedger('--partitions', 'herring,cod,north-sea');
  await succeed(['emit', '-q', '-l', ledger, '--producer', 'week-12'], { input: '1\n' });
  for (const group of ['mailer', 'Mirror.example.com']) await succeed(['tail', '-l', ledger, '-g', group, '-e']);
  return ledger;
}

/** The values for the last word, without descriptions, after the line of their kind. */
async function candidates(...words: string[]): Promise<string[]> {
  const { stdout } = await succeed(['completion', 'zsh', '--', ...words]);
  return stdout
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t')[0] as string);
}

test('verbs, those below them, flags and fixed values', async () => {
  expect(await candidates('ta')).toEqual(['values', 'tail']);
  expect(await candidates('')).toEqual(expect.arrayContaining(['emit', 'partition', 'diff', 'completion', 'help']));
  expect(await candidates('partition', '')).toEqual(expect.arrayContaining(['add', 'explain', 'place', 'reroute']));
  expect(await candidates('help', 'partition', 'pl')).toEqual(['values', 'place']);
  expect(await candidates('partition', 'add', '--led')).toEqual(['values', '--ledger']);
  expect(await candidates('--v')).toEqual(['values', '--version']);
  expect(await candidates('emit', '--late', '')).toEqual(['values', 'record', 'reject']);
  expect(await candidates('emit', '--late=rec')).toEqual(['values', '--late=record']);
  expect(await candidates('tail', '-n', '')).toEqual(['values', 'all']);
  expect(await candidates('replay', '--tz', 'Europe/Ber')).toEqual(['values', 'Europe/Berlin']);
  expect(await candidates('completion', 'f')).toEqual(['values', 'fish']);
});

test('what takes a path, or anything else, is left to the shell or to the user', async () => {
  expect(await candidates('emit', '')).toEqual(['files']);
  expect(await candidates('emit', '--rejects', 'x')).toEqual(['files']);
  expect(await candidates('tail', '--ledger=')).toEqual(['ledgers']);
  expect(await candidates('replay', '--into', '')).toEqual(['ledgers']);
  expect(await candidates('diff', 'a.codex', '')).toEqual(['ledgers']);
  expect(await candidates('archive', '--to', '')).toEqual(['directories']);
  expect(await candidates('tail', '--where', '')).toEqual(['values']);
  expect(await candidates('nonsense', '')).toEqual(['values']);
  expect(await candidates('inspect', '')).toEqual(['values']);
  expect(await candidates('tail', '--', '-')).toEqual(['values']);
});

test('partitions, groups and producers of the ledger that is named', async () => {
  const ledger = await ledgerWithGroups();
  const partitions = ['values', 'herring', 'cod', 'north-sea'];
  const ways: readonly (readonly string[])[] = [
    ['-l', ledger],
    [`-l${ledger}`],
    ['--ledger', ledger],
    [`--ledger=${ledger}`],
  ];
  for (const named of ways) {
    expect(await candidates('tail', ...named, '')).toEqual(partitions);
    expect(await candidates('tail', ...named, 'cod', 'her')).toEqual(['values', 'herring']);
    expect(await candidates('replay', ...named, '-p', 'n')).toEqual(['values', 'north-sea']);
    expect(await candidates('tail', ...named, '--group', '')).toEqual(['values', 'Mirror.example.com', 'mailer']);
    expect(await candidates('tail', ...named, '--group=m')).toEqual(['values', '--group=mailer']);
    expect(await candidates('emit', ...named, '--producer', '')).toEqual(['values', 'week-12']);
  }
  expect(await candidates('partition', 'place', '-l', ledger, 'key', 'c')).toEqual(['values', 'cod']);
  expect(await candidates('tail', '-l', '/nowhere', '')).toEqual(['values']);
});

test('a ledger with names that no engine has written has no candidates of them', async () => {
  const ledger = await ledgerWithGroups();
  const db = new Database(ledger);
  db.pragma('foreign_keys = OFF');
  db.exec("UPDATE groups SET name = '\u001b]0;x\u0007\n$(touch pwned)' WHERE name = 'mailer'");
  db.close();
  const { stdout, stderr } = await succeed(['completion', 'bash', '--', 'tail', '-l', ledger, '-g', '']);
  expect({ stdout: stdout.toString(), stderr }).toEqual({ stdout: 'values\n', stderr: '' });
});

const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

/** What bash would offer for each line, with the cursor at its end. Words are split as by readline. */
async function bashReplies(
  lines: readonly string[],
  cwd: string,
  variables: Record<string, string> = {},
): Promise<string[][]> {
  const completions = lines.map((line) => {
    const words: string[] = line.match(/[=:]|(?:\\.|'[^']*'?|"[^"]*"?|[^\s=:])+/g) ?? [];
    if (/\s$/.test(line)) words.push('');
    return `
    COMP_WORDS=(${words.map(quoted).join(' ')})
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); COMP_LINE=${quoted(line)}; COMP_POINT=\${#COMP_LINE}
    COMPREPLY=()
    _completengine completengine
    printf '%s\\n' "\${COMPREPLY[@]}"; printf '\\0'`;
  });
  const script = `cd "$cwd"; source <(completengine completion bash); ${completions.join('\n')}`;
  const { code, stdout, stderr } = await runShell(script, { cwd, ...variables });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const replies = stdout.toString().split('\0').slice(0, -1);
  return replies.map((reply) => reply.split('\n').filter(Boolean));
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

test('bash: a line is joined again, and replies are relative to its last break', async () => {
  const ledger = await ledgerWithGroups();
  const cwd = tempDir();
  const lines = [
    'completengine partition pl',
    `completengine tail --ledger=${ledger} n`,
    `completengine tail -l ${ledger} --group=M`,
    `completengine tail -l "${ledger}" -g 'mai`,
  ];
  expect(await bashReplies(lines, cwd)).toEqual([['place'], ['north-sea'], ['Mirror.example.com'], ['mailer']]);
  expect(await bashReplies(['completengine tail '], cwd, { COMPLETENGINE_LEDGER: ledger })).toEqual([
    ['herring', 'cod', 'north-sea'],
  ]);
});

/** A directory with a ledger, what SQLite and a killed backup leave beside it, and a directory. */
function placeOfFiles(): string {
  const cwd = tempDir();
  const names = ['', '-wal', '-shm', '-journal', '.incomplete-3f2a9c01-0000-4000-8000-000000000001'];
  for (const end of names) writeFileSync(join(cwd, `events.codex${end}`), '');
  mkdirSync(join(cwd, 'events.codex.archive'));
  writeFileSync(join(cwd, 'events.jsonl'), '');
  return cwd;
}

const LEDGERS = ['events.codex', 'events.codex.archive', 'events.jsonl'];

test('bash: -l offers no parts of a ledger and nothing that a killed run has left', async () => {
  const cwd = placeOfFiles();
  const lines = ['completengine tail -l ev', 'completengine tail --ledger=ev', 'completengine tail -l events.codex-'];
  const replies = await bashReplies(lines, cwd);
  expect(replies.map((names) => names.sort())).toEqual([LEDGERS, LEDGERS, []]);
});

test('bash: names with characters of the shell are quoted', async () => {
  const cwd = tempDir();
  const bin = join(cwd, 'bin');
  mkdirSync(bin);
  // a program that answers as a hostile one would
  writeFileSync(join(bin, 'hostile'), "#!/bin/sh\nprintf 'values\\na b\\n$(touch pwned)\\n*\\n;x\\n'\n", {
    mode: 0o755,
  });
  const { stdout } = await runShell(
    `cd "$cwd"; source <(completengine completion bash)
     COMP_WORDS=(hostile ''); COMP_CWORD=1; COMP_LINE='hostile '; COMP_POINT=8
     _completengine "$cwd/bin/hostile"; printf '%s\\n' "\${COMPREPLY[@]}"; ls`,
    { cwd },
  );
  expect(stdout.toString()).toBe('a\\ b\n\\$\\(touch\\ pwned\\)\n\\*\n\\;x\nbin\n');
});

test.skipIf(!hasScreen)('bash: an interactive shell completes partitions and groups on Tab', async () => {
  const COMPLETENGINE_LEDGER = await ledgerWithGroups();
  const screen = new Screen({ columns: 100, rows: 20, variables: { COMPLETENGINE_LEDGER } });
  screen.type('eval "$(completengine completion bash)"; echo loaded');
  await screen.showing(/^loaded$/m);
  screen.press('completengine tail nor');
  screen.press('Tab');
  await screen.showing(/completengine tail north-sea *$/m);
  screen.press(' --group=M');
  screen.press('Tab');
  await screen.showing(/completengine tail north-sea +--group=Mirror\.example\.com/m);
});

test.skipIf(!has('zsh'))('zsh: the script loads and completes', async () => {
  const ledger = await ledgerWithGroups();
  const script = `autoload -U compinit; compinit -u -D; source <(completengine completion zsh); print -- $_comps[completengine]`;
  const { stdout, stderr } = await runShell(
    `zsh -fc "completengine() { ${process.execPath} $BIN \\"\\$@\\"; }; $script"`,
    {
      script,
      ledger,
      BIN: new URL('../../bin/run.js', import.meta.url).pathname,
    },
  );
  expect({ stdout: stdout.toString(), stderr }).toEqual({ stdout: '_completengine\n', stderr: '' });
});

test.skipIf(!has('zsh') || !hasScreen)(
  'zsh: Tab in a shell completes files, partitions, groups and values',
  async () => {
    const COMPLETENGINE_LEDGER = await ledgerWithGroups();
    const screen = new Screen({ columns: 100, rows: 30, variables: { COMPLETENGINE_LEDGER, cwd: placeOfFiles() } });
    screen.type('cd "$cwd"; exec zsh -f');
    const program = `'${process.execPath}' '${BIN}'`;
    screen.type(`completengine() { ${program} "$@"; }; PS1='> '; cd "$cwd"; autoload -U compinit; compinit -u -D`);
    screen.type('source <(completengine completion zsh); clear; print loaded');
    await screen.showing(/^loaded$/m);
    const lines: readonly (readonly [typed: string, completed: RegExp])[] = [
      ['completengine tail nor', /^> completengine tail north-sea *$/m],
      [' --group=M', /tail north-sea --group=Mirror\.example\.com *$/m],
    ];
    for (const [typed, completed] of lines) {
      screen.press(typed);
      screen.press('Tab');
      await screen.showing(completed);
    }
    screen.press('C-u');
    screen.press('completengine emit --late rec');
    screen.press('Tab');
    await screen.showing(/^> completengine emit --late record *$/m);
    screen.press('C-u');
    screen.press('completengine tail -l events.codex');
    screen.press('Tab');
    screen.press('Tab');
    // the names that Tab lists under the line
    await screen.showing(/^events\.codex +events\.codex\.archive\/? *$/m);
  },
);

test.skipIf(!has('fish'))('fish: completes files, groups and values', async () => {
  const ledger = await ledgerWithGroups();
  const cwd = placeOfFiles();
  const lines = [
    'completengine tail -g ',
    'completengine emit --late ',
    'completengine tail -l ev',
    'completengine tail --ledger=ev',
  ];
  const script = `function completengine; ${process.execPath} $BIN $argv; end; completengine completion fish | source; cd $cwd; for line in (string split \\n -- $lines); complete -C $line; printf "\\\\0"; end`;
  const { stdout } = await runShell(`fish -Nc '${script}'`, {
    lines: lines.join('\n'),
    cwd,
    COMPLETENGINE_LEDGER: ledger,
    BIN: new URL('../../bin/run.js', import.meta.url).pathname,
  });
  const replies = stdout.toString().split('\0').slice(0, -1);
  const names = replies.map((reply) =>
    reply
      .split('\n')
      .filter(Boolean)
      .map((each) => (each.split('\t')[0] as string).replace(/\/$/, ''))
      .sort(),
  );
  expect(names).toEqual([
    ['Mirror.example.com', 'mailer'],
    ['record', 'reject'],
    LEDGERS,
    LEDGERS.map((name) => `--ledger=${name}`),
  ]);
});

test.skipIf(!has('fish'))('fish: completes verbs, and partitions of the ledger', async () => {
  const ledger = await ledgerWithGroups();
  const script = `function completengine; ${process.execPath} $BIN $argv; end; completengine completion fish | source; complete -C "completengine tail -l $ledger no"`;
  const { stdout } = await runShell(`fish -Nc '${script}'`, {
    ledger,
    BIN: new URL('../../bin/run.js', import.meta.url).pathname,
  });
  expect(stdout.toString()).toBe('north-sea\n');
});
