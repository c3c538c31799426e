/** Finds out before a group is created whether the program of `--exec` exists: a misspelled one would leave a group behind. */

import { spawnSync } from 'node:child_process';
import { LedgerError } from '../../index.ts';

/** The first word, if it is a plain name or path: no assignment, no quotes, no number of a redirection, no function. */
const PROGRAM = /^\s*(?!\d+[<>])([\w./+][\w./+-]*)(?=[\s;|&<>]|$)/;

/** Commands whose first word only a shell can parse are left to their first run. @throws LedgerError CONSUMER_UNUSABLE */
export function checkProgram(command: string): void {
  const program = PROGRAM.exec(command)?.[1];
  if (program === undefined) return;
  // the shell that will run it: it knows its own keywords and commands, too
  const { status } = spawnSync('/bin/sh', ['-c', 'command -v "$1" > /dev/null 2>&1', 'sh', program]);
  if (status === 0 || status === null) return;
  throw new LedgerError('CONSUMER_UNUSABLE', {
    message: `the command was not found, or may not be run: ${program.slice(0, 200)}`,
    hint: 'check it in your shell; no group was created or joined',
    details: { command },
  });
}
