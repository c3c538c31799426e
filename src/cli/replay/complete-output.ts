/** Ends the document of a replay whose events were all delivered by runs that were interrupted before its end. */

import type { CursorFile } from '../state/cursor-file.ts';
import { standardOutput } from '../terminal/output.ts';
import type { OutputFlags } from '../terminal/output-flags.ts';

/** Writes nothing if the output is complete. @throws LedgerError IO_FAILED */
export async function completeOutput(cursor: CursorFile, flags: OutputFlags, signal: AbortSignal): Promise<void> {
  if (cursor.isEnded) return;
  const output = await standardOutput(flags, signal, cursor.isBegun);
  if (!(await output.end())) return;
  cursor.finish();
  cursor.save();
}
