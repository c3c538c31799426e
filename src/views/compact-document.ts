/** The document of `compact`. */

import type { CompactReport } from '../index.ts';

/** Sizes in bytes: of the rewritten frames, and of the storage. */
export type CompactDocument = CompactReport;
