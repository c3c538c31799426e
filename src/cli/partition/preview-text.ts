/** Formats the preview of a change of the routing as text. */

import type { ReroutePreviewDocument } from '../../views/routing-document.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { count, percent, plural } from '../terminal/format-numbers.ts';
import { routingText } from './routing-text.ts';

export async function previewText(preview: ReroutePreviewDocument): Promise<string> {
  const { before, after } = preview;
  if (!preview.isChanged) return `nothing would change: ${routingText(after)}`;
  const { renderTable } = await import('../terminal/table.ts');
  const lines = [
    `before  ${routingText(before)}`,
    `after   ${routingText(after)}`,
    '',
    `${part(preview.moved, preview.events, 'event')} would move`,
  ];
  const { keys, movedKeys } = preview;
  if (keys !== null && movedKeys !== null) {
    const about = preview.areKeysEstimated ? 'about ' : '';
    lines.push(`${about}${part(movedKeys, keys, 'key')} would move`);
  }
  if (preview.refused > 0) lines.push(`${part(preview.refused, preview.events, 'event')} would be bad lines`);
  if (preview.from > 1) lines.push(`of the events from sequence ${preview.from} on`);
  const rows = preview.partitions.map((partition) => [
    escapeForTerminal(partition.name),
    partition.isNew ? 'new' : '',
    count(partition.before),
    count(partition.after),
  ]);
  return `${lines.join('\n')}\n\n${renderTable(['partition', '', 'before', 'after'], ['left', 'left', 'right', 'right'], rows)}\n\nnothing was written`;
}

/** `12 of 48 events (25.0 %)`. */
function part(some: number, all: number, noun: string): string {
  return `${count(some)} of ${plural(all, noun)}${all === 0 ? '' : ` (${percent(some / all)})`}`;
}
