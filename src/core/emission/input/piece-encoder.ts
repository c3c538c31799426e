/** Encodes the pieces of a stream as bytes, even if a piece ends between the two halves of a surrogate pair. */

import { LedgerError } from '../../model/ledger-error.ts';

const NOTHING = Buffer.alloc(0);

export class PieceEncoder {
  /** The first half of a surrogate pair, whose second half may be in the next piece. */
  #half = '';

  /** @throws LedgerError INVALID_ARGUMENT for a value that is neither text nor bytes, which the type of a Node stream allows. */
  encode(piece: unknown): Uint8Array {
    if (piece instanceof Uint8Array) return this.#half === '' ? piece : Buffer.concat([this.end(), piece]);
    if (typeof piece !== 'string') throw neitherTextNorBytes(piece);
    const text = this.#half + piece;
    const last = text.charCodeAt(text.length - 1);
    const isHalf = last >= 0xd800 && last <= 0xdbff;
    this.#half = isHalf ? text.slice(-1) : '';
    return Buffer.from(isHalf ? text.slice(0, -1) : text);
  }

  /** The bytes of a pending half when no text follows. */
  end(): Uint8Array {
    const half = this.#half;
    this.#half = '';
    return half === '' ? NOTHING : Buffer.from(half);
  }
}

function neitherTextNorBytes(piece: unknown): LedgerError {
  return new LedgerError('INVALID_ARGUMENT', {
    message: `the stream yields a value of type ${typeof piece}, and not text or bytes`,
    hint: 'make lines of its values: JSON.stringify(value) and a line feed; or emit them as a list',
  });
}
