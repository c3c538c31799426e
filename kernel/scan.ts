/**
 * A faster copy of the reference scanner: strict RFC 8259 and UTF-8 in one pass, strings sixteen bytes at a time, the
 * fields of a plan. Input ends with a line feed, followed by 64 readable bytes. No loop checks for the end, because no
 * token contains a line feed.
 */

import { CARRIAGE_RETURN, findLineFeed, LINE_FEED, skipSpace } from './bytes';
import {
  FAULT_BAD_UTF8,
  FAULT_NONE,
  FAULT_TOO_LONG,
  FAULT_UNDECIDED,
  FAULT_UNEXPECTED_BYTE,
  FAULT_UNEXPECTED_END,
} from './codes';
import { clearFault, fault, faultAt, STOPPED, stop } from './fault';
import { chunkBase, clearFields, setChunkBase } from './fields';
import { foreseeDocument } from './foresee';
import { capacity, ends, faults, faultsAt, layPlan, lineBytesMax, numbers, starts } from './layout';
import { layLiterals } from './literals';
import { beginChunk, isOpen, openValve } from './valve';
import { scanDocument } from './walk';

/** Result of the last scan, read by the host. */
let lineCount: u32 = 0;
let undecidedCount: u32 = 0;

export function scannedLineCount(): u32 {
  return lineCount;
}

export function scannedUndecidedCount(): u32 {
  return undecidedCount;
}

/** A new plan, at addresses of `layout.ts`; `literalsAt`: of memory for the table of literals. */
export function setPlan(nodes: usize, keys: usize, slots: u32, depth: i32, lineBytes: u32, objectBits: usize, nodeStack: usize, isLastRepeatTaken: bool, literalsAt: usize): void {
  layPlan(nodes, keys, slots, depth, lineBytes, objectBits, nodeStack, isLastRepeatTaken);
  layLiterals(literalsAt);
  openValve();
}

/**
 * Scans `[start, end)`. Returns the count of records, or `capacity + 1` if the tables are too small: the result is then
 * invalid.
 */
export function scan(start: usize, end: usize, base: usize): u32 {
  setChunkBase(base);
  beginChunk(start, end);
  let lineStart = start;
  let number: u32 = 0;
  let count: u32 = 0;
  undecidedCount = 0;
  while (lineStart < end) {
    const first = skipSpace(lineStart);
    if (load<u8>(first) == LINE_FEED) {
      lineStart = first + 1;
    } else {
      if (count == capacity) return capacity + 1;
      lineStart = scanLine(lineStart, first, count, number);
      count++;
    }
    number++;
  }
  lineCount = number;
  return count;
}

/** Scans one line into record `line`; returns where the next one begins. */
@inline
function scanLine(start: usize, first: usize, line: u32, number: u32): usize {
  clearFields(line);
  clearFault();
  const lineFeed = lineFeedBehind(isOpen(first) ? foreseeDocument(first, line) : scanDocument(first, line));
  let lineEnd = lineFeed;
  if (lineEnd > start && load<u8>(lineEnd - 1) == CARRIAGE_RETURN) lineEnd--;

  if (<u32>(lineEnd - start) > lineBytesMax) stop(FAULT_TOO_LONG, start + lineBytesMax);
  let at = lineEnd;
  if (fault != FAULT_NONE) {
    if (fault == FAULT_UNDECIDED) undecidedCount++;
    // a token that stopped at the line's end was truncated
    else if (faultAt >= lineEnd && fault != FAULT_BAD_UTF8 && fault != FAULT_TOO_LONG) stop(FAULT_UNEXPECTED_END, faultAt);
    // a carriage return that belongs to the line's end is followed by no byte of the line
    if (faultAt < lineEnd) at = faultAt;
  }
  const column = <usize>line << 2;
  store<u32>(starts + column, <u32>(start - chunkBase));
  store<u32>(ends + column, <u32>(lineEnd - chunkBase));
  store<u32>(numbers + column, number);
  store<u32>(faultsAt + column, <u32>(at - chunkBase));
  store<u8>(faults + line, fault);
  return lineFeed + 1;
}

/** The end of the line, only blanks before which may follow its document. */
@inline
function lineFeedBehind(documentEnd: usize): usize {
  if (documentEnd == STOPPED) return findLineFeed(faultAt);
  // a foreseen literal ends there
  if (load<u8>(documentEnd) == LINE_FEED) return documentEnd;
  const rest = skipSpace(documentEnd);
  if (load<u8>(rest) == LINE_FEED) return rest;
  stop(FAULT_UNEXPECTED_BYTE, rest);
  return findLineFeed(rest);
}
