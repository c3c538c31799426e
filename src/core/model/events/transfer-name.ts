/** Name of the producer under which a ledger stores how far it holds the events of another ledger. No I/O. */

/** A transfer from one ledger into another. */
export interface TransferOrigin {
  /** UUID of the source ledger. */
  readonly uuid: string;
  /** Identifies the filter of the transfer, in hexadecimal digits; null if it takes every event. */
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
