/** The ledger of a command line that names none. */

export const LEDGER = { default: './events.codex', env: 'COMPLETENGINE_LEDGER' } as const;

export function defaultLedger(): string {
  return process.env[LEDGER.env] ?? LEDGER.default;
}
