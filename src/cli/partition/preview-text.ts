/** Formats the preview of a reroute, as text and as a document. */

import type { ReroutePreview } from '../../index.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { count, percent, plural } from '../terminal/format-numbers.ts';
import { epochDocument, routingText } from './routing-text.ts';

export async function previewText(preview: ReroutePreview): Promise<string> {
  const { before, after } = preview.routing;
  if (before.epoch.epoch === after.epoch.epoch)
    return `nothing would change: ${routingText(after.epoch, after.partitionNames)}`;
  const { renderTable } = await import('../terminal/table.ts');
  const lines = [
    `before  ${routingText(before.epoch, before.partitionNames)}`,
    `after   ${routingText(after.epoch, after.partitionNames)}`,
    '',
    `${part(preview.moved, preview.events, 'event')} would move`,
  ];
  const { keys, movedKeys } = preview;
  if (keys !== null && movedKeys !== null) {
    const about = preview.areKeysEstimated ? 'about ' : '';
    lines.push(`${about}${part(movedKeys, keys, 'key')} would move`);
  }
  if (preview.refused > 0) lines.push(`${part(preview.refused, preview.events, 'event')} would be bad lines`);
  const rows = after.partitionNames.map((name, id) => [
    escapeForTerminal(name),
    id < before.partitionNames.length ? '' : 'new',
    count(preview.before[id] ?? 0),
    count(preview.after[id] ?? 0),
  ]);
  return `${lines.join('\n')}\n\n${renderTable(['partition', '', 'before', 'after'], ['left', 'left', 'right', 'right'], rows)}\n\nnothing was written`;
}

export function previewDocument({ routing, before, after, ...report }: ReroutePreview): object {
  const { partitionNames } = routing.after;
  return {
    isChanged: routing.before.epoch.epoch !== routing.after.epoch.epoch,
    before: epochDocument(routing.before.epoch, routing.before.partitionNames),
    after: epochDocument(routing.after.epoch, partitionNames),
    ...report,
    partitions: partitionNames.map((name, id) => ({
      name,
      isNew: id >= routing.before.partitionNames.length,
      before: before[id],
      after: after[id],
    })),
  };
}

/** `12 of 48 events (25.0 %)`. */
function part(some: number, all: number, noun: string): string {
  return `${count(some)} of ${plural(all, noun)}${all === 0 ? '' : ` (${percent(some / all)})`}`;
}
