/** What a ledger holds of others by `replay --into`: its producers tell, because a transfer keeps its place under a name that says whose it is. */

export interface LedgerTransfer {
  /** The other ledger. */
  readonly uuid: string;
  /** Whether only a choice of its events was asked for. */
  readonly isFiltered: boolean;
  /** How far it is held, in the other one's sequences. */
  readonly throughSequence: number;
}

const NAME = /^replay-of-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(\.[0-9a-f]+)?$/;

export function transfersOf(producers: readonly { readonly name: string; readonly position: number }[]): LedgerTransfer[] {
  return producers.flatMap(({ name, position }) => {
    const [, uuid, filter] = NAME.exec(name) ?? [];
    return uuid === undefined ? [] : [{ uuid, isFiltered: filter !== undefined, throughSequence: position }];
  });
}
