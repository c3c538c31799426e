/** The text of a failed delivery that is stored: one line of a bounded length. No I/O. */

import type { ParkReason } from './group.ts';

/** Bytes of UTF-8, in a cursor's last failure and in a parked event. */
export const REASON_BYTES_MAX = 1000;

/**
 * The first line that is not blank, cut at a character to at most {@link REASON_BYTES_MAX} bytes; empty if there is none.
 * Other control characters stay in it. An unpaired surrogate becomes U+FFFD: no storage could give it back.
 */
export function firstLine(text: string): string {
  const [line = ''] = /\S[^\n]*/.exec(text) ?? [];
  // no character has fewer bytes than UTF-16 units
  const bytes = Buffer.from(line.slice(0, REASON_BYTES_MAX + 1).trimEnd(), 'utf8');
  if (bytes.length <= REASON_BYTES_MAX) return bytes.toString('utf8');
  let end = REASON_BYTES_MAX;
  while (isWithinCharacter(bytes[end])) end--;
  return bytes.toString('utf8', 0, end);
}

/** `exit code 1: no route to host`: the reason, and the last line that the consumer wrote. */
export function parkReasonText({ reason, details }: ParkReason): string {
  const said = details.slice(details.lastIndexOf('\n') + 1);
  return firstLine(said === '' ? reason : `${reason}: ${said}`);
}

function isWithinCharacter(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
