/** Options that several calls have. */

import { number, place, signal } from '../model/options/option-kinds.ts';

export const ABORT = { signal };
export const START = { from: place, fromSequence: number };
