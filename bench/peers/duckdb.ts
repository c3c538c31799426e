/** DuckDB: creates a table from the file in one statement, in a database file. Uses its shell, or its Node package if that is installed. */

import { join } from 'node:path';
import { run } from '../../src/cli/bench/processes.ts';
import type { Attempt, Outcome, Peer } from './peer.ts';
import { answerOf, versionOf } from './programs.ts';

/** Resolved from the directory in which the bench is started; not a dependency. */
const PACKAGE = '@duckdb/node-api';
const PACKAGE_VERSION = `process.stdout.write(require('${PACKAGE}').version())`;
/** Runs one statement on a database file and prints the first value of its result, as the shell does. */
const PACKAGE_STATEMENT = `
const { DuckDBInstance } = require('${PACKAGE}');
(async () => {
  const [file, sql] = process.argv.slice(1);
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  const rows = (await connection.runAndReadAll(sql)).getRows();
  console.log(String(rows[0]?.[0]));
  connection.closeSync();
  instance.closeSync();
})();
`;

export const duckdb: Peer = {
  name: 'DuckDB, create table from read_ndjson',
  needs: `duckdb, or \`npm install --no-save ${PACKAGE}\``,
  promise: 'one transaction, synced at its end',
  version: async (signal) => {
    const shell = await versionOf('duckdb', ['--version'], signal);
    if (shell !== null) return shell;
    return (await answerOf(process.execPath, ['-e', PACKAGE_VERSION], signal))?.replace(/^v/, '') ?? null;
  },
  run: measure,
};

async function measure({ workload, directory, signal }: Attempt): Promise<Outcome> {
  const database = join(directory, 'events.duckdb');
  const shell = await versionOf('duckdb', ['--version'], signal);
  const statement = (sql: string) =>
    shell === null
      ? run(process.execPath, ['-e', PACKAGE_STATEMENT, database, sql], signal)
      : run('duckdb', ['-noheader', '-list', database, '-c', sql], signal);
  const { wallMs } = await statement(
    `CREATE TABLE events AS SELECT * FROM read_ndjson('${workload.input.replaceAll("'", "''")}')`,
  );
  const { stdout } = await statement('SELECT count(*) FROM events');
  return { ms: wallMs, stored: Number(stdout) };
}
