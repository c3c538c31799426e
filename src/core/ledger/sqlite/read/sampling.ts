/** What a file lets figures about all events read of them. */

import type { Sampling } from '../../ledger.ts';

export const FILE_SAMPLING: Sampling = { runs: 20, bytes: Number.POSITIVE_INFINITY };
