/** Events as rows of a layout: by the kernel in large batches, except for those that only the reference can write. */

import type { FieldPath } from '../model/text/field-path.ts';
import type { EventFormat } from './event-format.ts';
import { RowWriter } from './event-row.ts';
import { kernelLayout } from './kernel-layout.ts';
import { type RowLayout, rowWriter } from './row-layout.ts';

/** Writes each event of a batch as a row, in pieces of whole rows. `paths`: the fields of the layout's columns. */
export function rowsOf(paths: readonly FieldPath[], layout: RowLayout): EventFormat['lines'] {
  const rows = new RowWriter(paths, kernelLayout(layout));
  const write = rowWriter(layout);
  return (batch, labels, memory) => rows.pieces(batch, labels, write, memory);
}
