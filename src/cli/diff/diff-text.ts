/** Prints where two ledgers differ, for people. */

import type { DiffDocument } from '../../views/diff-document.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { plural } from '../terminal/format-numbers.ts';

export function diffText(diff: DiffDocument): string {
  const lines = [summary(diff), ...because(diff)];
  if (diff.from > 1) lines.push(`compared from sequence ${diff.from} on: one of them begins there`);
  return lines.join('\n');
}

function summary(diff: DiffDocument): string {
  const { result, sequence, by, hasSameUuid, isVerified } = diff;
  if (result === 'equal')
    return `equal${hasSameUuid && !isVerified ? ' by chain' : ''}: ${plural(headOf(diff.a), 'event')}`;
  if (result === 'different') return `different from sequence ${sequence} on, by ${by}`;
  const [shorter, longer] = diff.shorter === 'a' ? [diff.a, diff.b] : [diff.b, diff.a];
  const more = plural(headOf(longer) - headOf(shorter), 'event');
  return `${name(shorter)} is the beginning of ${name(longer)}, which has ${more} more, from sequence ${sequence} on`;
}

function because(diff: DiffDocument): string[] {
  const { result, by, payloadSequence, hasSameUuid, isVerified, sameChainThrough, a, b } = diff;
  if (result !== 'different') {
    if (!hasSameUuid) return ['different ledgers, by payload: times, keys and partitions were not compared'];
    return [
      isVerified
        ? 'copies of one ledger with one hash chain; all events of both were verified against it'
        : 'copies of one ledger with one hash chain; their events were not read: leave out --chain-only to verify both',
    ];
  }
  const lines = hasSameUuid ? [`the chain is the same through sequence ${sameChainThrough}`] : [];
  if (by !== 'chain') return lines;
  if (payloadSequence === null)
    return [...lines, 'the payloads are the same: times, keys, partitions, routing or commits differ'];
  const isEnd = payloadSequence > Math.min(headOf(a), headOf(b));
  return [
    ...lines,
    isEnd
      ? `the payloads are the same up to sequence ${payloadSequence}, which only one has`
      : `the payloads differ from sequence ${payloadSequence} on`,
  ];
}

function headOf({ head }: { readonly head: string }): number {
  return Number.parseInt(head, 10);
}

function name({ path }: { readonly path: string }): string {
  return escapeForTerminal(path);
}
