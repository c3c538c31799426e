/** The parts of a ledger that emission uses, with a router and a clock. */

import type { Basis, CommitDraft, CommitOutcome, CommitPipeline } from '../../model/events/commit.ts';
import type { DraftFactoryParts } from '../draft/draft-factory.ts';

type PinSource = DraftFactoryParts['target'];

export interface EmissionTarget extends PinSource {
  /** Most bytes that the frames of one commit may have; Infinity: any number. */
  readonly commitBytesMax: number;
  basis(): Promise<Basis>;
  commit(draft: CommitDraft): Promise<CommitOutcome>;
  /** Null if drafts can only be committed one after the other. */
  readonly openPipeline: (() => Promise<CommitPipeline>) | null;
}

export interface EmissionParts extends DraftFactoryParts {
  readonly target: EmissionTarget;
}
