/**
 * The table of literals: a literal is the text between two scalars of a line, before the first one, or behind the last
 * one with its line feed, such as `,"topic":` or `}}\n`. Each is known in the context in which the plain machine
 * verified it, and leads to another one, so that the same bytes in the same context need not be parsed again. A context
 * is the stack behind a scalar; 0 is the one at a line's beginning, and as the context behind a literal the line's end.
 */

import { MET_MAX, metCount, metList, setMetList } from './keys';
import { COPY_BYTES, depth, isStack, LEVELS_MAX, storeStack } from './stack';

const TEXT_MAX: usize = 64;
const LITERALS_MAX: u32 = 512;
const CONTEXTS_MAX: u32 = 64;
const BUCKETS: usize = 256;
const MET_BYTES: usize = 16;

/** Offsets in a literal; its text is first. */
export const LENGTH: usize = 64;
/** How many of its first sixteen bytes there are: the first comparison must find as many equal. */
const HEAD: usize = 68;
export const FLAGS: usize = 72;
/** Context behind it. */
export const CONTEXT: usize = 76;
/** The {@link WAYS} literals that followed it last, the last one first. */
export const NEXT: usize = 80;
/** Addresses of the stamps of the nodes met, MET_MAX of them; 0 behind the last one. */
export const MET: usize = 96;
/** Slots that the scalar behind it fills. */
export const SLOTS: usize = 112;
const FROM: usize = 116;
const CHAIN: usize = 120;
const LITERAL_BYTES: usize = 128;

/** Its last byte is the line feed. */
export const IS_END: u32 = 1;
/** Its keys lead to nodes of the plan. */
export const MEETS: u32 = 2;
/** The scalar behind it is a field. */
export const IS_FIELD: u32 = 4;
/** It is longer than the first comparison. */
export const IS_LONG: u32 = 8;

export const WAYS: usize = 4;

const AT_ONCE: usize = 16;
/** More bytes than are compared at once: what never stands. */
const NEVER: u32 = 0xff;
/** Literals that did not fit in before a full table is cleared. */
const REFUSED_MAX: u32 = 1024;

let buckets: usize = 0;
let contexts: usize = 0;
let nothing: usize = 0;
/** Stands before each line. */
export let lineBegin: usize = 0;
let literals: usize = 0;
let literalCount: u32 = 0;
let contextCount: u32 = 0;
let refused: u32 = 0;

/** Bytes of the table. */
export function literalBytes(): usize {
  return MET_BYTES + BUCKETS * 4 + <usize>CONTEXTS_MAX * COPY_BYTES + (2 + <usize>LITERALS_MAX) * LITERAL_BYTES;
}

/** `at`: of {@link literalBytes} bytes, aligned to sixteen. */
export function layLiterals(at: usize): void {
  nothing = at;
  lineBegin = nothing + LITERAL_BYTES;
  literals = lineBegin + LITERAL_BYTES;
  contexts = literals + <usize>LITERALS_MAX * LITERAL_BYTES;
  buckets = contexts + <usize>CONTEXTS_MAX * COPY_BYTES;
  setMetList(buckets + BUCKETS * 4);
  clearLiterals();
}

/** Forgets all: contexts hold nodes of the plan, so that a new one needs a new table. */
export function clearLiterals(): void {
  memory.fill(buckets, 0, BUCKETS * 4);
  literalCount = 0;
  contextCount = 0;
  refused = 0;
  store<u32>(nothing, NEVER, HEAD);
  store<u32>(lineBegin, 0, CONTEXT);
  v128.store(lineBegin, i32x4.splat(<i32>nothing), NEXT);
}

/** Literals in the table. */
export function knownLiterals(): u32 {
  return literalCount;
}

/** Whether enough did not fit in for it to be worth to begin again. */
@inline
export function isFull(): bool {
  return refused >= REFUSED_MAX;
}

/** Whether the bytes at `place` are those of the literal. Never beyond a line feed, because it holds one only as its last byte. */
@inline
export function stands(literal: usize, place: usize): bool {
  return beginStands(literal, place) && ((load<u32>(literal, FLAGS) & IS_LONG) == 0 || restStands(literal, place));
}

/** The same of its first bytes, all of them if it is not long. */
@inline
export function beginStands(literal: usize, place: usize): bool {
  return sameBytes(literal, place) >= <usize>load<u32>(literal, HEAD);
}

/** The same of the others. */
@inline
export function restStands(literal: usize, place: usize): bool {
  const length = <usize>load<u32>(literal, LENGTH);
  let at = AT_ONCE;
  while (at < length && sameBytes(literal + at, place + at) >= min(length - at, AT_ONCE)) at += AT_ONCE;
  return at >= length;
}

/** How many of sixteen bytes are equal up to the first that is not. */
@inline
function sameBytes(one: usize, other: usize): usize {
  // the bits beyond the sixteen are ones then
  return <usize>ctz(~(<u32>i8x16.bitmask(i8x16.eq(v128.load(one), v128.load(other)))));
}

/** Makes `literal` the first that is foreseen behind `before`; those before the way at which it stood move on. */
@inline
export function foresee(before: usize, literal: usize, way: usize): void {
  for (let at = way; at > 0; at--) store<u32>(before + (at << 2), load<u32>(before + (at << 2), NEXT - 4), NEXT);
  store<u32>(before, <u32>literal, NEXT);
}

/**
 * The literal of these bytes in the context `from`, which the plain machine has just walked: the stack is that behind
 * them, and the stamps are listed that they have set. 0 if it does not fit in.
 */
export function internLiteral(from: u32, start: usize, length: usize, isLineEnd: bool, slots: u32): usize {
  if (length > TEXT_MAX || metCount > MET_MAX || depth > LEVELS_MAX) return 0;
  const bucket = buckets + ((<usize>hashOf(from, start, length) & (BUCKETS - 1)) << 2);
  for (let known = <usize>load<u32>(bucket); known != 0; known = <usize>load<u32>(known, CHAIN)) {
    if (load<u32>(known, FROM) == from && load<u32>(known, LENGTH) == <u32>length && stands(known, start)) return known;
  }
  const context: usize = isLineEnd ? 0 : internContext();
  if (literalCount == LITERALS_MAX || (context == 0 && !isLineEnd)) {
    refused++;
    return 0;
  }
  const literal = literals + <usize>literalCount * LITERAL_BYTES;
  literalCount++;
  memory.copy(literal, start, length);
  let flags = isLineEnd ? IS_END : 0;
  if (length > AT_ONCE) flags |= IS_LONG;
  if (metCount > 0) flags |= MEETS;
  if (slots != 0) flags |= IS_FIELD;
  store<u32>(literal, <u32>length, LENGTH);
  store<u32>(literal, <u32>min(length, AT_ONCE), HEAD);
  store<u32>(literal, flags, FLAGS);
  store<u32>(literal, slots, SLOTS);
  store<u32>(literal, <u32>context, CONTEXT);
  v128.store(literal, i32x4.splat(<i32>nothing), NEXT);
  for (let nth: u32 = 0; nth < MET_MAX; nth++) {
    const at = <usize>nth << 2;
    store<u32>(literal + at, nth < metCount ? load<u32>(metList + at) : 0, MET);
  }
  store<u32>(literal, from, FROM);
  store<u32>(literal, load<u32>(bucket), CHAIN);
  store<u32>(bucket, <u32>literal);
  return literal;
}

/** The copy of the current stack; 0 if there is no room. */
function internContext(): usize {
  const end = contexts + <usize>contextCount * COPY_BYTES;
  for (let copy = contexts; copy < end; copy += COPY_BYTES) if (isStack(copy)) return copy;
  if (contextCount == CONTEXTS_MAX) return 0;
  contextCount++;
  storeStack(end);
  return end;
}

function hashOf(from: u32, start: usize, length: usize): u32 {
  let hash = (<u64>from << 8) ^ <u64>length;
  for (let at: usize = 0; at < length; at += 8) {
    let word = load<u64>(start + at);
    if (length - at < 8) word &= (<u64>1 << <u64>((length - at) << 3)) - 1;
    hash = (hash ^ word) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 32;
  }
  return <u32>hash;
}
