/** Where a reader that hands its pages on puts compressed bodies, and whether it leaves their hashes to the receiver. */

import type { Decompression } from '../../../native/zstd.ts';
import type { HashedFrame } from '../../protocol/link-check.ts';

export interface BodyTarget extends Decompression {
  /** True if the receiver compares the body of this frame with its hash, before it passes anything of the page on. */
  leaves(frame: HashedFrame): boolean;
}
