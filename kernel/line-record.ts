/** The record of a line in the tables. */

import { chunkBase } from './fields';
import { ends, faults, faultsAt, numbers, starts } from './layout';

/** `end`: behind its last byte, where a line without a fault has its `faultAt`. */
@inline
export function recordLine(line: u32, start: usize, end: usize, number: u32, fault: u8, faultAt: usize): void {
  const column = <usize>line << 2;
  store<u32>(starts + column, <u32>(start - chunkBase));
  store<u32>(ends + column, <u32>(end - chunkBase));
  store<u32>(numbers + column, number);
  store<u32>(faultsAt + column, <u32>(faultAt - chunkBase));
  store<u8>(faults + line, fault);
}
