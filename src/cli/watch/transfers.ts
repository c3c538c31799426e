/** What a ledger holds of others by `replay --into`, as its producers tell. */

import { type LedgerGauges, readTransferName } from '../../index.ts';

export interface LedgerTransfer {
  /** The other ledger. */
  readonly uuid: string;
  /** Whether only a choice of its events was asked for. */
  readonly isFiltered: boolean;
  /** How far it is held, in the other one's sequences. */
  readonly throughSequence: number;
}

export function transfersOf(producers: LedgerGauges['producers']): LedgerTransfer[] {
  return producers.flatMap(({ name, position }) => {
    const origin = readTransferName(name);
    return origin === null
      ? []
      : [{ uuid: origin.uuid, isFiltered: origin.choice !== null, throughSequence: position }];
  });
}
