/** The producer's name under which a ledger keeps how far it holds another one: it says whose events these are. No I/O. */

/** What went from one ledger into another. */
export interface TransferOrigin {
  /** Of the ledger the events came from. */
  readonly uuid: string;
  /** Tells one choice of its events from another, in hexadecimal digits; null for all of them. */
  readonly choice: string | null;
}

const NAME = /^replay-of-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\.([0-9a-f]+))?$/;

export function formatTransferName({ uuid, choice }: TransferOrigin): string {
  return choice === null ? `replay-of-${uuid}` : `replay-of-${uuid}.${choice}`;
}

/** Null for the name of any other producer. */
export function readTransferName(name: string): TransferOrigin | null {
  const [, uuid, choice = null] = NAME.exec(name) ?? [];
  return uuid === undefined ? null : { uuid, choice };
}
