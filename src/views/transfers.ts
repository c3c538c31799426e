/** Lists the ledgers that `replay --into` has copied from, by the names of producers. */

import { type LedgerDescription, readTransferName } from '../index.ts';

export interface LedgerTransfer {
  /** Of the source ledger. */
  readonly uuid: string;
  /** Whether the copy is filtered. */
  readonly isFiltered: boolean;
  /** The last copied sequence of the source. */
  readonly throughSequence: number;
}

export function transfersOf(producers: LedgerDescription['producers']): LedgerTransfer[] {
  return producers.flatMap(({ name, position }) => {
    const origin = readTransferName(name);
    return origin === null
      ? []
      : [{ uuid: origin.uuid, isFiltered: origin.choice !== null, throughSequence: position }];
  });
}
