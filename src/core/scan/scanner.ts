/**
 * The reference scanner: strict RFC 8259 and UTF-8 in one pass over the bytes of a chunk, line by line, with the fields
 * of a plan. Reads bytes and fills tables; knows nothing of partitions, times or the later use of a line.
 */

import { byteAt, CARRIAGE_RETURN, COMMA, LINE_FEED, QUOTE, ZERO } from '../model/text/bytes.ts';
import { LineFault } from './line-fault.ts';
import type { ScanPlan } from './scan-plan.ts';
import { FieldKind } from './scanned-field.ts';
import type { ScannedLines } from './scanned-lines.ts';
import { utf8Length } from './utf8.ts';

const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const SPACE = 0x20;
const TAB = 0x09;
const LOWER_E = 0x65;
const LOWER_F = 0x66;
const LOWER_N = 0x6e;
const LOWER_T = 0x74;
const LOWER_U = 0x75;
/** Bit of an ASCII letter that is set only in lower case. */
const CASE_BIT = 0x20;

/** Class of a byte inside a string: 0 an ordinary character, 1 one that needs checking. */
const STOPS_STRING = bytesIn('"\\').fill(1, 0, 0x20).fill(1, 0x80);
const IS_DIGIT = bytesIn('0123456789');
const IS_HEX = bytesIn('0123456789abcdefABCDEF');
const IS_ESCAPE = bytesIn('"\\/bfnrt');

/** No key of the plan leads here. */
const NO_NODE = -1;

/** The literal names, by their first byte. */
const WORDS: (Buffer | undefined)[] = new Array(256).fill(undefined);
for (const word of ['true', 'false', 'null']) WORDS[word.charCodeAt(0)] = Buffer.from(word);

/** A table of all bytes, 1 for the given characters. Filled without a call for each byte, which would be 0.5 ms of each command's start. */
function bytesIn(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (let at = 0; at < characters.length; at++) table[characters.charCodeAt(at)] = 1;
  return table;
}

export class Scanner {
  readonly #plan: ScanPlan;
  readonly #isObject: Uint8Array;
  readonly #nodeOf: Int32Array;
  /** The element of each open array, from 0; kept where the plan asks for elements. */
  readonly #elementOf: Uint32Array;
  /** The last line in which a node of the plan occurred: twice in one line is a fault. */
  readonly #metIn: Uint32Array;
  #lineStamp = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  /** End of the last token, and its fault. */
  #at = 0;
  #fault: number = LineFault.NONE;
  #sawEscape = false;
  #sawFraction = false;

  constructor(plan: ScanPlan) {
    this.#plan = plan;
    this.#isObject = new Uint8Array(plan.depthMax + 1);
    this.#nodeOf = new Int32Array(plan.depthMax + 1);
    this.#elementOf = new Uint32Array(plan.depthMax + 1);
    this.#metIn = new Uint32Array(plan.nodes.length);
  }

  /**
   * Scans `bytes[start, end)` into `lines`. The last byte must be a line feed: no loop below checks for the end,
   * because no token contains a line feed.
   */
  scan(bytes: Uint8Array, start: number, end: number, lines: ScannedLines): void {
    this.#bytes = bytes;
    lines.count = 0;
    let lineStart = start;
    let number = 0;
    while (lineStart < end) {
      const lineFeed = bytes.indexOf(LINE_FEED, lineStart);
      const lineEnd = lineFeed > lineStart && byteAt(bytes, lineFeed - 1) === CARRIAGE_RETURN ? lineFeed - 1 : lineFeed;
      if (!this.#isBlank(lineStart, lineEnd)) this.#scanLine(lineStart, lineEnd, number, lines);
      number++;
      lineStart = lineFeed + 1;
    }
    lines.lineCount = number;
  }

  #isBlank(start: number, end: number): boolean {
    return this.#skipSpace(start) >= end;
  }

  #scanLine(start: number, end: number, number: number, lines: ScannedLines): void {
    lines.reserve();
    const line = lines.count++;
    lines.starts[line] = start;
    lines.ends[line] = end;
    lines.numbers[line] = number;
    this.#scanRecord(start, end, line, lines);
  }

  /** Rescans one line whose bounds are in its record already, for a scanner that left it undecided. */
  rescan(bytes: Uint8Array, line: number, lines: ScannedLines): void {
    this.#bytes = bytes;
    this.#scanRecord(lines.starts[line] as number, lines.ends[line] as number, line, lines);
  }

  #scanRecord(start: number, end: number, line: number, lines: ScannedLines): void {
    lines.fieldKinds.fill(FieldKind.ABSENT, line * lines.slotCount, (line + 1) * lines.slotCount);
    this.#lineStamp = (this.#lineStamp + 1) >>> 0;
    this.#fault = LineFault.NONE;
    if (end - start > this.#plan.lineBytesMax) {
      this.#fault = LineFault.TOO_LONG;
      this.#at = start + this.#plan.lineBytesMax;
    } else {
      this.#scanDocument(start, line, lines);
      if (this.#fault === LineFault.NONE) {
        this.#at = this.#skipSpace(this.#at);
        if (this.#at < end) this.#fault = LineFault.UNEXPECTED_BYTE;
      }
      // a token that stopped at the line's end was truncated
      if (this.#at >= end && this.#fault !== LineFault.NONE && this.#fault !== LineFault.BAD_UTF8)
        this.#fault = LineFault.UNEXPECTED_END;
      // a carriage return that belongs to the line's end is followed by no byte of the line
      this.#at = Math.min(this.#at, end);
    }
    lines.faults[line] = this.#fault;
    lines.faultsAt[line] = this.#at;
  }

  /** One JSON value with all it contains, without recursion: depth costs a byte, not a stack frame. */
  #scanDocument(start: number, line: number, lines: ScannedLines): void {
    const { depthMax } = this.#plan;
    const bytes = this.#bytes;
    let depth = 0;
    let node = 0;
    let at = this.#skipSpace(start);
    for (;;) {
      // a value begins at `at`; `node` is the plan's node for it
      const valueStart = at;
      const first = byteAt(bytes, at);
      if (first === OPEN_BRACE || first === OPEN_BRACKET) {
        if (depth === depthMax) return this.#stop(LineFault.TOO_DEEP, at);
        const isObject = first === OPEN_BRACE;
        if (node !== NO_NODE)
          this.#openField(lines, line, node, valueStart, isObject ? FieldKind.OBJECT : FieldKind.ARRAY);
        depth++;
        this.#isObject[depth] = isObject ? 1 : 0;
        this.#nodeOf[depth] = node;
        at = this.#skipSpace(at + 1);
        const isEmpty = byteAt(bytes, at) === (isObject ? CLOSE_BRACE : CLOSE_BRACKET);
        if (!isEmpty) {
          if (isObject) {
            node = this.#scanKey(at, node, line, lines);
            if (this.#fault !== LineFault.NONE) return;
            at = this.#at;
          } else {
            this.#elementOf[depth] = 0;
            node = this.#elementNode(node, 0);
          }
          continue;
        }
      } else {
        this.#scanScalar(at, first);
        if (this.#fault !== LineFault.NONE) return;
        at = this.#at;
        if (node !== NO_NODE) {
          this.#openField(lines, line, node, valueStart, this.#scalarKind(first));
          this.#closeField(lines, line, node, at);
        }
        if (depth === 0) return;
      }

      // after a value, or at the end of an empty container: close containers until a comma continues one
      for (;;) {
        at = this.#skipSpace(at);
        const isObject = this.#isObject[depth] === 1;
        const next = byteAt(bytes, at);
        if (next === COMMA) {
          at = this.#skipSpace(at + 1);
          if (isObject) {
            node = this.#scanKey(at, this.#nodeOf[depth] as number, line, lines);
            if (this.#fault !== LineFault.NONE) return;
            at = this.#at;
          } else {
            const parent = this.#nodeOf[depth] as number;
            const element = (this.#elementOf[depth] as number) + 1;
            this.#elementOf[depth] = element;
            node = this.#elementNode(parent, element);
          }
          break;
        }
        if (next !== (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) return this.#stop(LineFault.UNEXPECTED_BYTE, at);
        at++;
        const closed = this.#nodeOf[depth] as number;
        if (closed !== NO_NODE) this.#closeField(lines, line, closed, at);
        depth--;
        if (depth === 0) {
          this.#at = at;
          return;
        }
      }
    }
  }

  /** A key, its colon and the space after it. Returns the node to which the key leads from `parent`. */
  #scanKey(start: number, parent: number, line: number, lines: ScannedLines): number {
    if (byteAt(this.#bytes, start) !== QUOTE) {
      this.#stop(LineFault.UNEXPECTED_BYTE, start);
      return NO_NODE;
    }
    this.#scanString(start);
    if (this.#fault !== LineFault.NONE) return NO_NODE;
    const keyEnd = this.#at;
    const node = parent === NO_NODE ? NO_NODE : this.#match(parent, start, keyEnd);
    const colon = this.#skipSpace(keyEnd);
    if (byteAt(this.#bytes, colon) !== COLON) {
      this.#stop(LineFault.UNEXPECTED_BYTE, colon);
      return NO_NODE;
    }
    if (node !== NO_NODE) {
      if (this.#metIn[node] === this.#lineStamp) {
        if (this.#plan.repeats === 'refuse') {
          this.#stop(LineFault.FIELD_TWICE, start);
          return NO_NODE;
        }
        this.#forget(node, line, lines);
      }
      this.#metIn[node] = this.#lineStamp;
    }
    this.#at = this.#skipSpace(colon + 1);
    return node;
  }

  /** Discards what was found at a node and below it: its key occurs again. */
  #forget(node: number, line: number, lines: ScannedLines): void {
    const { keys, elements, slots } = this.#plan.nodes[node] as ScanPlan['nodes'][number];
    for (const slot of slots) lines.fieldKinds[line * lines.slotCount + slot] = FieldKind.ABSENT;
    for (const key of keys) {
      this.#metIn[key.node] = 0;
      this.#forget(key.node, line, lines);
    }
    for (const element of elements) this.#forget(element.node, line, lines);
  }

  /** The node to which an element of the array at `parent` leads. */
  #elementNode(parent: number, index: number): number {
    if (parent === NO_NODE || !this.#plan.hasElements) return NO_NODE;
    const elements = this.#plan.nodes[parent]?.elements ?? [];
    return elements.find((element) => element.index === index)?.node ?? NO_NODE;
  }

  /** The node to which the key `[start, end)`, quotes included, leads. */
  #match(parent: number, start: number, end: number): number {
    const keys = this.#plan.nodes[parent]?.keys ?? [];
    if (this.#sawEscape) {
      if (keys.length === 0) return NO_NODE;
      const text: string = JSON.parse(Buffer.from(this.#bytes.subarray(start, end)).toString('utf8'));
      return keys.find((key) => key.text === text)?.node ?? NO_NODE;
    }
    for (const key of keys) {
      const { length } = key.bytes;
      if (length !== end - start - 2) continue;
      let same = 0;
      while (same < length && key.bytes[same] === this.#bytes[start + 1 + same]) same++;
      if (same === length) return key.node;
    }
    return NO_NODE;
  }

  #scanScalar(at: number, first: number): void {
    if (first === QUOTE) return this.#scanString(at);
    if (first === MINUS || IS_DIGIT[first] === 1) return this.#scanNumber(at);
    const word = WORDS[first];
    if (word === undefined) return this.#stop(LineFault.UNEXPECTED_BYTE, at);
    for (let nth = 0; nth < word.length; nth++) {
      if (this.#bytes[at + nth] !== word[nth]) return this.#stop(LineFault.UNEXPECTED_BYTE, at + nth);
    }
    this.#at = at + word.length;
  }

  #scanNumber(start: number): void {
    const bytes = this.#bytes;
    let at = byteAt(bytes, start) === MINUS ? start + 1 : start;
    this.#sawFraction = false;
    if (byteAt(bytes, at) === ZERO) at++;
    else if (IS_DIGIT[byteAt(bytes, at)] === 1) at = this.#skipDigits(at);
    else return this.#stop(LineFault.BAD_NUMBER, at);
    if (byteAt(bytes, at) === POINT) {
      this.#sawFraction = true;
      if (IS_DIGIT[byteAt(bytes, at + 1)] !== 1) return this.#stop(LineFault.BAD_NUMBER, at + 1);
      at = this.#skipDigits(at + 1);
    }
    if ((byteAt(bytes, at) | CASE_BIT) === LOWER_E) {
      this.#sawFraction = true;
      at++;
      const sign = byteAt(bytes, at);
      if (sign === PLUS || sign === MINUS) at++;
      if (IS_DIGIT[byteAt(bytes, at)] !== 1) return this.#stop(LineFault.BAD_NUMBER, at);
      at = this.#skipDigits(at);
    }
    this.#at = at;
  }

  #skipDigits(start: number): number {
    let at = start;
    while (IS_DIGIT[byteAt(this.#bytes, at)] === 1) at++;
    return at;
  }

  /** A string, from its opening quote to past its closing one. */
  #scanString(start: number): void {
    const bytes = this.#bytes;
    this.#sawEscape = false;
    let at = start + 1;
    for (;;) {
      while (STOPS_STRING[byteAt(bytes, at)] === 0) at++;
      const byte = byteAt(bytes, at);
      if (byte === QUOTE) {
        this.#at = at + 1;
        return;
      }
      if (byte >= 0x80) {
        const length = utf8Length(bytes, at, byte);
        if (length === 0) return this.#stop(LineFault.BAD_UTF8, at);
        at += length;
      } else if (byte === BACKSLASH) {
        this.#sawEscape = true;
        const escaped = byteAt(bytes, at + 1);
        if (escaped === LOWER_U) {
          for (let nth = 2; nth < 6; nth++) {
            if (IS_HEX[byteAt(bytes, at + nth)] !== 1) return this.#stop(LineFault.BAD_ESCAPE, at + nth);
          }
          at += 6;
        } else if (IS_ESCAPE[escaped] === 1) {
          at += 2;
        } else {
          return this.#stop(LineFault.BAD_ESCAPE, at + 1);
        }
      } else {
        return this.#stop(LineFault.CONTROL_IN_STRING, at);
      }
    }
  }

  #skipSpace(start: number): number {
    let at = start;
    for (;;) {
      const byte = byteAt(this.#bytes, at);
      if (byte !== SPACE && byte !== TAB && byte !== CARRIAGE_RETURN) return at;
      at++;
    }
  }

  #scalarKind(first: number): FieldKind {
    switch (first) {
      case QUOTE:
        return this.#sawEscape ? FieldKind.ESCAPED_STRING : FieldKind.STRING;
      case LOWER_T:
        return FieldKind.TRUE;
      case LOWER_F:
        return FieldKind.FALSE;
      case LOWER_N:
        return FieldKind.NULL;
      default:
        return this.#sawFraction ? FieldKind.DECIMAL : FieldKind.INTEGER;
    }
  }

  #openField(lines: ScannedLines, line: number, node: number, start: number, kind: FieldKind): void {
    for (const slot of this.#plan.nodes[node]?.slots ?? []) {
      lines.fieldKinds[line * lines.slotCount + slot] = kind;
      lines.fieldStarts[line * lines.slotCount + slot] = start;
    }
  }

  #closeField(lines: ScannedLines, line: number, node: number, end: number): void {
    for (const slot of this.#plan.nodes[node]?.slots ?? []) lines.fieldEnds[line * lines.slotCount + slot] = end;
  }

  #stop(fault: LineFault, at: number): void {
    this.#fault = fault;
    this.#at = at;
  }
}
