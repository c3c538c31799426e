/**
 * Addresses in the kernel's memory. The host lays it out and passes it here; the kernel allocates nothing. All
 * addresses are in bytes.
 */

/**
 * Nodes of the scan plan, NODE_BYTES each: first key, count of keys, bits of the slots that end here, last line in
 * which it occurred.
 */
export let nodes: usize = 0;
/** Keys of the plan, KEY_BYTES each: address of the text, its length, the node it leads to. */
export let keys: usize = 0;
export let slotCount: u32 = 0;
export let depthMax: i32 = 0;
export let lineBytesMax: u32 = 0;
/** Of two equal keys of the plan in one object the last one counts, as only the reference reads it. */
export let isLastTaken: bool = false;
/** One byte and one word per level of nesting. */
export let isObjectAt: usize = 0;
export let nodeAt: usize = 0;

/** Records of lines, in columns; `capacity` of them. */
export let capacity: u32 = 0;
export let starts: usize = 0;
export let ends: usize = 0;
export let numbers: usize = 0;
export let faults: usize = 0;
export let faultsAt: usize = 0;
export let fieldKinds: usize = 0;
export let fieldStarts: usize = 0;
export let fieldEnds: usize = 0;
export let partitions: usize = 0;
/** Own times, and the assigned ledger times: f64, integer microseconds. */
export let times: usize = 0;
export let ledgerTimes: usize = 0;

export const NODE_BYTES: usize = 16;
export const KEY_BYTES: usize = 12;

export function layPlan(nodesAt: usize, keysAt: usize, slots: u32, depth: i32, lineBytes: u32, objectBits: usize, nodeStack: usize, isLastRepeatTaken: bool): void {
  nodes = nodesAt;
  keys = keysAt;
  slotCount = slots;
  depthMax = depth;
  lineBytesMax = lineBytes;
  isObjectAt = objectBits;
  nodeAt = nodeStack;
  isLastTaken = isLastRepeatTaken;
}

/** Kinds are cleared sixteen at a time. */
const SPARE: usize = 16;

/** The columns are consecutive from `at`, those with wide cells first. Returns the first address behind them. */
export function setTables(at: usize, lines: u32): usize {
  const count = <usize>lines;
  const cells = count * slotCount;
  capacity = lines;
  times = at;
  ledgerTimes = times + count * 8;
  starts = ledgerTimes + count * 8;
  ends = starts + count * 4;
  numbers = ends + count * 4;
  faultsAt = numbers + count * 4;
  fieldStarts = faultsAt + count * 4;
  fieldEnds = fieldStarts + cells * 4;
  partitions = fieldEnds + cells * 4;
  faults = partitions + count * 2;
  fieldKinds = faults + count;
  return fieldKinds + cells + SPARE;
}
