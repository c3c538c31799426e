/** Statements of one connection, each compiled once. */

import type { Database, Statement } from 'better-sqlite3';

export class Statements {
  readonly #db: Database;
  /** Bounded by the SQL texts in the sources, times the partitions. */
  readonly #bySql = new Map<string, Statement>();

  constructor(db: Database) {
    this.#db = db;
  }

  get<Parameters extends unknown[], Row>(sql: string): Statement<Parameters, Row> {
    let statement = this.#bySql.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#bySql.set(sql, statement);
    }
    return statement as Statement<Parameters, Row>;
  }
}

const shared = new WeakMap<Database, Statements>();

/** The statements of a connection that every page of a walk asks again: compiling them took 2 % of a replay. */
export function statementsOf(db: Database): Statements {
  let statements = shared.get(db);
  if (statements === undefined) {
    statements = new Statements(db);
    shared.set(db, statements);
  }
  return statements;
}
