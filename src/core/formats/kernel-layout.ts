/** The layout of a row as the kernel takes it. */

import { formatTime } from '../model/time/time.ts';
import { type KernelLayout, KernelPart } from './kernel-rows.ts';
import type { RowLayout, RowPart } from './row-layout.ts';

const FACTS = {
  sequence: KernelPart.SEQUENCE,
  partition: KernelPart.PARTITION,
  offset: KernelPart.OFFSET,
  time: KernelPart.TIME,
  key: KernelPart.KEY,
} as const;
const NUMBERS = {
  epochMs: KernelPart.EPOCH_MS,
  keyBytes: KernelPart.KEY_BYTES,
  payloadBytes: KernelPart.PAYLOAD_BYTES,
} as const;

/** Null if the kernel cannot write such rows: it has no zone but UTC. */
export function kernelLayout({ parts, cells, timeText }: RowLayout): KernelLayout | null {
  const compiled = parts.map(kernelPart);
  if (timeText !== formatTime && compiled.some(({ part }) => part === KernelPart.TIME)) return null;
  return { parts: compiled, style: cells.number, text: cells.text };
}

function kernelPart(part: RowPart): KernelLayout['parts'][number] {
  if ('literal' in part) return { part: KernelPart.LITERAL, literal: part.literal };
  if ('number' in part) return { part: NUMBERS[part.number] };
  const { content } = part;
  if (content === 'payload') return { part: KernelPart.PAYLOAD };
  if ('fact' in content) return { part: FACTS[content.fact] };
  return { part: KernelPart.FIELD, slot: content.field };
}
