/** The shell of SQLite: `.import` of the lines into a table of one column, in one transaction. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, runScript } from '../../src/cli/bench/processes.ts';
import type { Attempt, Outcome, Peer } from './peer.ts';
import { versionOf } from './programs.ts';

export const sqliteImport: Peer = {
  name: 'sqlite3 .import, a row per line',
  needs: 'sqlite3',
  promise: 'one transaction, synced at its end (WAL, synchronous=FULL)',
  version: (signal) => versionOf('sqlite3', ['--version'], signal),
  run: measure,
};

async function measure({ workload, directory, signal }: Attempt): Promise<Outcome> {
  const database = join(directory, 'events.db');
  const script = join(directory, 'import.sql');
  // the column separator never occurs in JSON, so a line is one column
  writeFileSync(
    script,
    `PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE events (payload TEXT NOT NULL) STRICT;
.mode ascii
.separator "\\037" "\\n"
.import ${JSON.stringify(workload.input)} events
`,
  );
  const { wallMs } = await runScript('sqlite3 -bail "$1" < "$2" > /dev/null', [database, script], signal);
  const { stdout } = await run('sqlite3', [database, 'SELECT count(*) FROM events'], signal);
  return { ms: wallMs, stored: Number(stdout) };
}
