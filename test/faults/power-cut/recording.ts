/** What the recorder has written down: the calls on the files of a directory, in the order in which they took effect. `recorder.c` writes the log. */

/** How a sync ended: `failed` as one of Linux, after which the pages count as clean; `skipped` without having been made. */
export type SyncEnd = 'synced' | 'failed' | 'skipped';

/** Paths are relative to the directory; `file` is the number of an inode. */
export type Call =
  | { readonly kind: 'create'; readonly path: string; readonly file: number }
  | {
      readonly kind: 'write';
      readonly path: string;
      readonly file: number;
      readonly offset: number;
      readonly data: Buffer;
    }
  | { readonly kind: 'size'; readonly path: string; readonly file: number; readonly bytes: number }
  | { readonly kind: 'sync'; readonly path: string; readonly file: number; readonly end: SyncEnd }
  | { readonly kind: 'sync directory'; readonly path: string; readonly end: SyncEnd }
  | { readonly kind: 'rename' | 'link'; readonly path: string; readonly to: string }
  | { readonly kind: 'unlink' | 'mkdir' | 'rmdir'; readonly path: string }
  /** Made to fail by the test; what was made of it comes after it. */
  | { readonly kind: 'failed'; readonly path: string }
  | { readonly kind: 'output'; readonly process: number; readonly data: Buffer }
  | { readonly kind: 'begin' | 'end'; readonly step: string }
  /** What came before is on the disk. */
  | { readonly kind: 'start' };

/** As in `struct head`: two numbers of 32 bits, two of 64, two of 32, one of 64. */
const HEAD_BYTES = 40;
const ENDS: readonly SyncEnd[] = ['synced', 'failed', 'skipped'];

/** @throws Error if a file was written in a way that cannot be recorded. */
export function parseLog(log: Buffer): Call[] {
  const calls: Call[] = [];
  for (let at = 0; at < log.length; ) {
    const kind = String.fromCharCode(log.readUInt32LE(at));
    const process = log.readInt32LE(at + 4);
    const file = Number(log.readBigUInt64LE(at + 8));
    const place = Number(log.readBigInt64LE(at + 16));
    const pathEnd = at + HEAD_BYTES + log.readUInt32LE(at + 24);
    const otherEnd = pathEnd + log.readUInt32LE(at + 28);
    const end = otherEnd + Number(log.readBigUInt64LE(at + 32));
    const path = log.toString('utf8', at + HEAD_BYTES, pathEnd);
    const other = log.toString('utf8', pathEnd, otherEnd);
    calls.push(toCall({ kind, process, file, place, path, other, data: log.subarray(otherEnd, end) }));
    at = end;
  }
  return calls;
}

interface LogRecord {
  readonly kind: string;
  readonly process: number;
  readonly file: number;
  readonly place: number;
  readonly path: string;
  readonly other: string;
  readonly data: Buffer;
}

function toCall({ kind, process, file, place, path, other, data }: LogRecord): Call {
  const end = ENDS[place] as SyncEnd;
  switch (kind) {
    case 'C':
      return { kind: 'create', path, file };
    case 'W':
      return { kind: 'write', path, file, offset: place, data };
    case 'T':
      return { kind: 'size', path, file, bytes: place };
    case 'S':
      return other === '/' ? { kind: 'sync directory', path, end } : { kind: 'sync', path, file, end };
    case 'R':
      return { kind: 'rename', path, to: other };
    case 'L':
      return { kind: 'link', path, to: other };
    case 'U':
      return { kind: 'unlink', path };
    case 'M':
      return { kind: 'mkdir', path };
    case 'D':
      return { kind: 'rmdir', path };
    case 'F':
      return { kind: 'failed', path };
    case 'O':
      return { kind: 'output', process, data };
    case '<':
      return { kind: 'begin', step: path };
    case '>':
      return { kind: 'end', step: path };
    case '|':
      return { kind: 'start' };
    default:
      throw new Error(`the recording is not complete: ${path || `a record of the kind ${kind}`}`);
  }
}

/** One record as the recorder writes it: for what the test itself adds to the log. */
export function logRecord(kind: string, path: string, { file = 0, place = 0, data = Buffer.alloc(0) } = {}): Buffer {
  const name = Buffer.from(path);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(kind.charCodeAt(0), 0);
  head.writeBigUInt64LE(BigInt(file), 8);
  head.writeBigInt64LE(BigInt(place), 16);
  head.writeUInt32LE(name.length, 24);
  head.writeBigUInt64LE(BigInt(data.length), 32);
  return Buffer.concat([head, name, data]);
}

/** What a run has promised up to a moment. */
export interface Acknowledged {
  /** Steps that have begun, in order, and of these the ones that have ended. */
  readonly begun: readonly string[];
  readonly ended: ReadonlySet<string>;
  /** Of each step that printed something, the whole lines. Of steps that run at the same time, those of each process. */
  readonly outputs: ReadonlyMap<string, string>;
}

/** What was acknowledged by the first `cut` calls. */
export function acknowledgedBy(calls: readonly Call[], cut: number): Acknowledged {
  const begun: string[] = [];
  const ended = new Set<string>();
  const pieces = new Map<string, Buffer[]>();
  for (const call of calls.slice(0, cut)) {
    if (call.kind === 'begin') begun.push(call.step);
    else if (call.kind === 'end') ended.add(call.step);
    else if (call.kind === 'output') {
      const step = `${begun.at(-1)}/${call.process}`;
      pieces.set(step, [...(pieces.get(step) ?? []), call.data]);
    }
  }
  const outputs = new Map<string, string>();
  for (const [step, data] of pieces) {
    const text = Buffer.concat(data).toString('utf8');
    outputs.set(step, text.slice(0, text.lastIndexOf('\n') + 1));
  }
  return { begun, ended, outputs };
}
