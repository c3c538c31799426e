/** Checks for warnings during a long emission, and reports each kind once. */

import type { Ledger } from '../ledger/ledger.ts';
import type { LedgerWarning } from '../model/warning.ts';

/** A check is a stat call, so not one for each commit of a single event. */
const COMMITS_PER_CHECK = 16;

export class WarningWatch {
  readonly #ledger: Pick<Ledger, 'warnings'>;
  readonly #onWarning: (warning: LedgerWarning) => void;
  readonly #reported = new Set<LedgerWarning['code']>();
  #commits = 0;
  #checking: Promise<void> | undefined;

  constructor(ledger: Pick<Ledger, 'warnings'>, onWarning: (warning: LedgerWarning) => void) {
    this.#ledger = ledger;
    this.#onWarning = onWarning;
  }

  report(warning: LedgerWarning | null): void {
    if (warning === null || this.#reported.has(warning.code)) return;
    this.#reported.add(warning.code);
    this.#onWarning(warning);
  }

  /** Call when something was committed, or skipped. */
  onProgress(): void {
    if (++this.#commits % COMMITS_PER_CHECK === 0 && !this.#reported.has('WAL_GROWING'))
      this.#checking ??= this.#checkNow();
  }

  /** Checks once more. */
  async end(): Promise<void> {
    await this.#checking;
    await this.#checkNow();
  }

  async #checkNow(): Promise<void> {
    try {
      for (const warning of await this.#ledger.warnings('commits')) this.report(warning);
    } catch {
      // an error that prevents the check fails the emission itself as well
    } finally {
      this.#checking = undefined;
    }
  }
}
