// src/core/emission/kernel.ts
import { readFileSync } from 'node:fs';

// src/core/model/bytes.ts
var LINE_FEED = 10;
var CARRIAGE_RETURN = 13;
var QUOTE = 34;
var COMMA = 44;
function byteAt(bytes, at) {
  return bytes[at];
}
function numberAt(table, at) {
  return table[at];
}

// src/core/model/scanned-field.ts
var FieldKind = {
  ABSENT: 0,
  STRING: 1,
  /** A string with at least one backslash: its text is not its bytes. */
  ESCAPED_STRING: 2,
  /** A number without fraction and exponent. */
  INTEGER: 3,
  DECIMAL: 4,
  TRUE: 5,
  FALSE: 6,
  NULL: 7,
  OBJECT: 8,
  ARRAY: 9,
};

// src/core/emission/line-fault.ts
var LineFault = {
  NONE: 0,
  UNEXPECTED_BYTE: 1,
  UNEXPECTED_END: 2,
  CONTROL_IN_STRING: 3,
  BAD_ESCAPE: 4,
  BAD_NUMBER: 5,
  BAD_UTF8: 6,
  TOO_DEEP: 7,
  TOO_LONG: 8,
  /** A field the ledger reads stands in the line twice, so two readers could disagree. */
  FIELD_TWICE: 9,
  KEY_MISSING: 10,
  KEY_NOT_SCALAR: 11,
  UNKNOWN_PARTITION: 12,
  TIME_MISSING: 13,
  TIME_NOT_READABLE: 14,
  TIME_NO_SUCH_DATE: 15,
  TIME_NO_ZONE: 16,
  TIME_OUT_OF_RANGE: 17,
  /** Further ahead of the clock than the limit: one typo would freeze time for everyone. */
  TIME_AHEAD: 18,
  TIME_LATE: 19,
  ID_MISSING: 20,
  ID_NOT_SCALAR: 21,
  ID_CONFLICT: 22,
  NOT_AN_ENVELOPE: 23,
};

// src/core/emission/scanner.ts
var BACKSLASH = 92;
var COLON = 58;
var OPEN_BRACE = 123;
var CLOSE_BRACE = 125;
var OPEN_BRACKET = 91;
var CLOSE_BRACKET = 93;
var MINUS = 45;
var STOPS_STRING = Uint8Array.from({ length: 256 }, (_, byte) => (byte < 32 || byte === QUOTE || byte === BACKSLASH || byte >= 128 ? 1 : 0));
var IS_DIGIT = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 48 && byte <= 57 ? 1 : 0));
var IS_HEX = Uint8Array.from({ length: 256 }, (_, byte) => (/[0-9a-fA-F]/.test(String.fromCharCode(byte)) ? 1 : 0));
var IS_ESCAPE = Uint8Array.from({ length: 256 }, (_, byte) => ('"\\/bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0));
var NO_NODE = -1;
var WORDS = Array.from({ length: 256 }, (_, byte) => {
  const word = ['true', 'false', 'null'].find((name) => name.charCodeAt(0) === byte);
  return word === void 0 ? void 0 : Buffer.from(word);
});
var Scanner = class {
  #plan;
  #isObject;
  #nodeOf;
  /** The line in which a node of the plan was last met: twice in one line is a fault. */
  #metIn;
  #lineStamp = 0;
  #bytes = new Uint8Array(0);
  /** Where the part that was read last ends, and what was wrong with it. */
  #at = 0;
  #fault = LineFault.NONE;
  #sawEscape = false;
  #sawFraction = false;
  constructor(plan) {
    this.#plan = plan;
    this.#isObject = new Uint8Array(plan.depthMax + 1);
    this.#nodeOf = new Int32Array(plan.depthMax + 1);
    this.#metIn = new Uint32Array(plan.nodes.length);
  }
  /**
   * Scans `bytes[start, end)` into `lines`. The last byte must be a line feed: no loop below looks for the end, because a line feed
   * stands in no token.
   */
  scan(bytes, start, end, lines) {
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
  #isBlank(start, end) {
    return this.#skipSpace(start) >= end;
  }
  #scanLine(start, end, number, lines) {
    lines.reserve();
    const line = lines.count++;
    lines.starts[line] = start;
    lines.ends[line] = end;
    lines.numbers[line] = number;
    this.#scanRecord(start, end, line, lines);
  }
  /** Scans one line again whose bounds stand in its record already, for a scanner that left it unsettled. */
  settle(bytes, line, lines) {
    this.#bytes = bytes;
    this.#scanRecord(lines.starts[line], lines.ends[line], line, lines);
  }
  #scanRecord(start, end, line, lines) {
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
      if (this.#at >= end && this.#fault !== LineFault.NONE && this.#fault !== LineFault.BAD_UTF8) this.#fault = LineFault.UNEXPECTED_END;
    }
    lines.faults[line] = this.#fault;
    lines.faultsAt[line] = this.#at;
  }
  /** One JSON value with all it contains, without recursion: depth costs a byte, not a stack frame. */
  #scanDocument(start, line, lines) {
    const { depthMax } = this.#plan;
    const bytes = this.#bytes;
    let depth = 0;
    let node = 0;
    let at = this.#skipSpace(start);
    for (;;) {
      const valueStart = at;
      const first = byteAt(bytes, at);
      if (first === OPEN_BRACE || first === OPEN_BRACKET) {
        if (depth === depthMax) return this.#stop(LineFault.TOO_DEEP, at);
        const isObject = first === OPEN_BRACE;
        if (node !== NO_NODE) this.#openField(lines, line, node, valueStart, isObject ? FieldKind.OBJECT : FieldKind.ARRAY);
        depth++;
        this.#isObject[depth] = isObject ? 1 : 0;
        this.#nodeOf[depth] = node;
        at = this.#skipSpace(at + 1);
        const isEmpty = byteAt(bytes, at) === (isObject ? CLOSE_BRACE : CLOSE_BRACKET);
        if (!isEmpty) {
          if (isObject) {
            node = this.#scanKey(at, node);
            if (this.#fault !== LineFault.NONE) return;
            at = this.#at;
          } else {
            node = NO_NODE;
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
      for (;;) {
        at = this.#skipSpace(at);
        const isObject = this.#isObject[depth] === 1;
        const next = byteAt(bytes, at);
        if (next === COMMA) {
          at = this.#skipSpace(at + 1);
          if (isObject) {
            node = this.#scanKey(at, this.#nodeOf[depth]);
            if (this.#fault !== LineFault.NONE) return;
            at = this.#at;
          } else {
            node = NO_NODE;
          }
          break;
        }
        if (next !== (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) return this.#stop(LineFault.UNEXPECTED_BYTE, at);
        at++;
        const closed = this.#nodeOf[depth];
        if (closed !== NO_NODE) this.#closeField(lines, line, closed, at);
        depth--;
        if (depth === 0) {
          this.#at = at;
          return;
        }
      }
    }
  }
  /** A key, its colon and the space behind it. Returns the node the key leads to from `parent`. */
  #scanKey(start, parent) {
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
        this.#stop(LineFault.FIELD_TWICE, start);
        return NO_NODE;
      }
      this.#metIn[node] = this.#lineStamp;
    }
    this.#at = this.#skipSpace(colon + 1);
    return node;
  }
  /** The node that the key `[start, end)`, quotes included, leads to. */
  #match(parent, start, end) {
    const keys = this.#plan.nodes[parent]?.keys ?? [];
    if (this.#sawEscape) {
      if (keys.length === 0) return NO_NODE;
      const text = JSON.parse(Buffer.from(this.#bytes.subarray(start, end)).toString('utf8'));
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
  #scanScalar(at, first) {
    if (first === QUOTE) return this.#scanString(at);
    if (first === MINUS || IS_DIGIT[first] === 1) return this.#scanNumber(at);
    const word = WORDS[first];
    if (word === void 0) return this.#stop(LineFault.UNEXPECTED_BYTE, at);
    for (let nth = 0; nth < word.length; nth++) {
      if (this.#bytes[at + nth] !== word[nth]) return this.#stop(LineFault.UNEXPECTED_BYTE, at + nth);
    }
    this.#at = at + word.length;
  }
  #scanNumber(start) {
    const bytes = this.#bytes;
    let at = byteAt(bytes, start) === MINUS ? start + 1 : start;
    this.#sawFraction = false;
    if (byteAt(bytes, at) === 48) at++;
    else if (IS_DIGIT[byteAt(bytes, at)] === 1) at = this.#skipDigits(at);
    else return this.#stop(LineFault.BAD_NUMBER, at);
    if (byteAt(bytes, at) === 46) {
      this.#sawFraction = true;
      if (IS_DIGIT[byteAt(bytes, at + 1)] !== 1) return this.#stop(LineFault.BAD_NUMBER, at + 1);
      at = this.#skipDigits(at + 1);
    }
    if ((byteAt(bytes, at) | 32) === 101) {
      this.#sawFraction = true;
      at++;
      const sign = byteAt(bytes, at);
      if (sign === 43 || sign === MINUS) at++;
      if (IS_DIGIT[byteAt(bytes, at)] !== 1) return this.#stop(LineFault.BAD_NUMBER, at);
      at = this.#skipDigits(at);
    }
    this.#at = at;
  }
  #skipDigits(start) {
    let at = start;
    while (IS_DIGIT[byteAt(this.#bytes, at)] === 1) at++;
    return at;
  }
  /** A string from its opening quote to behind its closing one. */
  #scanString(start) {
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
      if (byte >= 128) {
        const length = this.#utf8Length(at, byte);
        if (length === 0) return this.#stop(LineFault.BAD_UTF8, at);
        at += length;
      } else if (byte === BACKSLASH) {
        this.#sawEscape = true;
        const escaped = byteAt(bytes, at + 1);
        if (escaped === 117) {
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
  /** Bytes of the well-formed UTF-8 sequence at `at` (Unicode 15, table 3-7), 0 where it is not one. */
  #utf8Length(at, lead) {
    const bytes = this.#bytes;
    const second = byteAt(bytes, at + 1);
    if (lead >= 194 && lead <= 223) return isContinuation(second) ? 2 : 0;
    if (lead >= 224 && lead <= 239) {
      const low = lead === 224 ? 160 : 128;
      const high = lead === 237 ? 159 : 191;
      return second >= low && second <= high && isContinuation(byteAt(bytes, at + 2)) ? 3 : 0;
    }
    if (lead >= 240 && lead <= 244) {
      const low = lead === 240 ? 144 : 128;
      const high = lead === 244 ? 143 : 191;
      const isWhole = second >= low && second <= high && isContinuation(byteAt(bytes, at + 2)) && isContinuation(byteAt(bytes, at + 3));
      return isWhole ? 4 : 0;
    }
    return 0;
  }
  #skipSpace(start) {
    let at = start;
    for (;;) {
      const byte = byteAt(this.#bytes, at);
      if (byte !== 32 && byte !== 9 && byte !== CARRIAGE_RETURN) return at;
      at++;
    }
  }
  #scalarKind(first) {
    switch (first) {
      case QUOTE:
        return this.#sawEscape ? FieldKind.ESCAPED_STRING : FieldKind.STRING;
      case 116:
        return FieldKind.TRUE;
      case 102:
        return FieldKind.FALSE;
      case 110:
        return FieldKind.NULL;
      default:
        return this.#sawFraction ? FieldKind.DECIMAL : FieldKind.INTEGER;
    }
  }
  #openField(lines, line, node, start, kind) {
    for (const slot of this.#plan.nodes[node]?.slots ?? []) {
      lines.fieldKinds[line * lines.slotCount + slot] = kind;
      lines.fieldStarts[line * lines.slotCount + slot] = start;
    }
  }
  #closeField(lines, line, node, end) {
    for (const slot of this.#plan.nodes[node]?.slots ?? []) lines.fieldEnds[line * lines.slotCount + slot] = end;
  }
  #stop(fault, at) {
    this.#fault = fault;
    this.#at = at;
  }
};
function isContinuation(byte) {
  return (byte & 192) === 128;
}

// src/core/emission/kernel.ts
var STATIC_BYTES = 1024;
var PAGE_BYTES = 65536;
var NODE_BYTES = 16;
var KEY_BYTES = 12;
var READABLE_BEHIND = 64;
var LINES_AT_FIRST = 16 * 1024;
var UNSETTLED = 255;
var module;
function loadModule() {
  module ??= new WebAssembly.Module(readFileSync(new URL('./kernel.wasm', import.meta.url)));
  return module;
}
var align = (address) => Math.ceil(address / 16) * 16;
var KernelScanner = class {
  #plan;
  #reference;
  #memory;
  #kernel;
  #tablesAt;
  #capacity = LINES_AT_FIRST;
  #inputAt = 0;
  constructor(plan) {
    this.#plan = plan;
    this.#reference = new Scanner(plan);
    this.#memory = new WebAssembly.Memory({ initial: 1 });
    const instance = new WebAssembly.Instance(loadModule(), { env: { memory: this.#memory, abort: onAbort } });
    this.#kernel = instance.exports;
    this.#tablesAt = this.#layPlan();
    this.#layTables();
  }
  /** As {@link Scanner.scan}; the tables of `lines` are views into the kernel's memory until its next scan. */
  scan(bytes, start, end, lines) {
    const kernel = this.#kernel;
    const length = end - start;
    let count;
    for (;;) {
      this.#reserve(this.#inputAt + length + READABLE_BEHIND);
      new Uint8Array(this.#memory.buffer, this.#inputAt, length).set(bytes.subarray(start, end));
      count = kernel.scan(this.#inputAt, this.#inputAt + length, this.#inputAt - start);
      if (count <= this.#capacity) break;
      this.#capacity = Math.min(this.#capacity * 4, length);
      this.#layTables();
    }
    this.#show(lines, count);
    if (kernel.scannedUnsettledCount() > 0) this.#settle(bytes, lines);
  }
  /** Writes the plan behind the kernel's constants. Returns the first address behind it. */
  #layPlan() {
    const { nodes, depthMax, lineBytesMax, slotCount } = this.#plan;
    const keys = nodes.flatMap((node) => node.keys);
    const nodesAt = align(STATIC_BYTES);
    const keysAt = align(nodesAt + nodes.length * NODE_BYTES);
    const objectBitsAt = align(keysAt + keys.length * KEY_BYTES);
    const nodeStackAt = align(objectBitsAt + depthMax + 2);
    let textAt = align(nodeStackAt + (depthMax + 2) * 4);
    this.#reserve(textAt + keys.reduce((sum, { bytes }) => sum + bytes.length, 0));
    const view = new DataView(this.#memory.buffer);
    let nextKey = 0;
    for (const [at, node] of nodes.entries()) {
      const entry = nodesAt + at * NODE_BYTES;
      view.setUint32(entry, nextKey, true);
      view.setUint32(entry + 4, node.keys.length, true);
      view.setUint32(
        entry + 8,
        node.slots.reduce((bits, slot) => bits | (1 << slot), 0),
        true,
      );
      for (const key of node.keys) {
        const keyEntry = keysAt + nextKey++ * KEY_BYTES;
        new Uint8Array(this.#memory.buffer, textAt).set(key.bytes);
        view.setUint32(keyEntry, textAt, true);
        view.setUint32(keyEntry + 4, key.bytes.length, true);
        view.setUint32(keyEntry + 8, key.node, true);
        textAt += key.bytes.length;
      }
    }
    this.#kernel.setPlan(nodesAt, keysAt, slotCount, depthMax, Math.min(lineBytesMax, 4294967295), objectBitsAt, nodeStackAt);
    return align(textAt);
  }
  #layTables() {
    this.#inputAt = align(this.#kernel.setTables(this.#tablesAt, this.#capacity));
  }
  #reserve(bytes) {
    const missing = Math.ceil((bytes - this.#memory.buffer.byteLength) / PAGE_BYTES);
    if (missing > 0) this.#memory.grow(missing);
  }
  /** The columns in the order in which `layout.ts` puts them. */
  #show(lines, count) {
    const { buffer } = this.#memory;
    const capacity = this.#capacity;
    const cells = capacity * this.#plan.slotCount;
    let at = this.#tablesAt + capacity * 8;
    const words = (length) => {
      const column = new Uint32Array(buffer, at, length);
      at += length * 4;
      return column;
    };
    lines.starts = words(capacity);
    lines.ends = words(capacity);
    lines.numbers = words(capacity);
    lines.faultsAt = words(capacity);
    lines.fieldStarts = words(cells);
    lines.fieldEnds = words(cells);
    at += capacity * 2;
    lines.faults = new Uint8Array(buffer, at, capacity);
    lines.fieldKinds = new Uint8Array(buffer, at + capacity, cells);
    lines.count = count;
    lines.lineCount = this.#kernel.scannedLineCount();
  }
  #settle(bytes, lines) {
    for (let line = 0; line < lines.count; line++) {
      if (lines.faults[line] === UNSETTLED) this.#reference.settle(bytes, line, lines);
    }
  }
};
function onAbort() {
  throw new Error('the kernel aborted');
}

// src/core/emission/scanned-lines.ts
var LINES_AT_FIRST2 = 4096;
var ScannedLines = class {
  count = 0;
  /** Bounds of each payload in the chunk, half-open, line end excluded. */
  starts = new Uint32Array(LINES_AT_FIRST2);
  ends = new Uint32Array(LINES_AT_FIRST2);
  /** Line numbers within the chunk, 0-based, blank lines counted. */
  numbers = new Uint32Array(LINES_AT_FIRST2);
  /** A {@link LineFault}, NONE where the line is sound; and the byte of the chunk where it was seen. */
  faults = new Uint8Array(LINES_AT_FIRST2);
  faultsAt = new Uint32Array(LINES_AT_FIRST2);
  /** Slot s of line n stands at `n * slotCount + s`. */
  fieldKinds;
  fieldStarts;
  fieldEnds;
  /** All lines of the chunk, blank ones too. */
  lineCount = 0;
  slotCount;
  constructor(slotCount) {
    this.slotCount = slotCount;
    this.fieldKinds = new Uint8Array(LINES_AT_FIRST2 * slotCount);
    this.fieldStarts = new Uint32Array(LINES_AT_FIRST2 * slotCount);
    this.fieldEnds = new Uint32Array(LINES_AT_FIRST2 * slotCount);
  }
  /** Room for one more line than `count`. */
  reserve() {
    if (this.count < this.starts.length) return;
    this.starts = doubled(this.starts);
    this.ends = doubled(this.ends);
    this.numbers = doubled(this.numbers);
    this.faults = doubled(this.faults);
    this.faultsAt = doubled(this.faultsAt);
    this.fieldKinds = doubled(this.fieldKinds);
    this.fieldStarts = doubled(this.fieldStarts);
    this.fieldEnds = doubled(this.fieldEnds);
  }
  fault(line) {
    return this.faults[line];
  }
  kind(line, slot) {
    return this.fieldKinds[line * this.slotCount + slot];
  }
  fieldStart(line, slot) {
    return numberAt(this.fieldStarts, line * this.slotCount + slot);
  }
  fieldEnd(line, slot) {
    return numberAt(this.fieldEnds, line * this.slotCount + slot);
  }
};
function doubled(table) {
  const grown = table instanceof Uint8Array ? new Uint8Array(table.length * 2) : new Uint32Array(table.length * 2);
  grown.set(table);
  return grown;
}

// src/core/emission/scan-plan.ts
function planScan(paths, limits) {
  const nodes = [{ keys: [], slots: [] }];
  const nodeAt = (index) => nodes[index];
  for (const [slot, path] of paths.entries()) {
    let current = 0;
    for (const text of path) {
      let next = nodeAt(current).keys.find((key) => key.text === text)?.node;
      if (next === void 0) {
        next = nodes.push({ keys: [], slots: [] }) - 1;
        nodeAt(current).keys.push({ text, bytes: new TextEncoder().encode(text), node: next });
      }
      current = next;
    }
    nodeAt(current).slots.push(slot);
  }
  return { nodes, slotCount: paths.length, ...limits };
}

export { KernelScanner, planScan, ScannedLines, Scanner };
