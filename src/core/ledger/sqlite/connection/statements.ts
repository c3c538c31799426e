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
