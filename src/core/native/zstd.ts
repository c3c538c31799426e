/**
 * zstd, loaded on first use: that of Node from 22.15 on, and below it the package `zstd-napi`, which is an optional peer because it may have to be
 * compiled. Ledgers without compressed frames load neither.
 */

import { createRequire } from 'node:module';
import { unusable } from './cannot-load.ts';
import { installCommand } from './reinstall-command.ts';
import { readZstdFrame } from './zstd-frame.ts';

/** How a caller wants a frame decompressed. */
export interface Decompression {
  /** Memory of this many bytes to write to; null if there is none. */
  take(bytes: number): Buffer | null;
  /** The caller compares a hash of the content: the checksum at the frame's end, a seventh of the time, need not be compared too. */
  readonly isHashed: boolean;
}

/**
 * One-shot compression. `decompress` writes at most `plainBytes`, and throws if the content is longer. It writes to `target`, of `plainBytes`, and passes
 * over the checksum, if the implementation can; without a target, and otherwise, it returns memory of its own.
 */
export interface Zstd {
  compress(bytes: Uint8Array, level: number): Buffer;
  decompress(bytes: Uint8Array, plainBytes: number, target?: Buffer | null, skipsChecksum?: boolean): Buffer;
}

/** The parts of node:zlib that Node 20 does not have and its types do not know. */
export interface NodeZlib {
  readonly constants: { readonly ZSTD_c_compressionLevel?: number; readonly ZSTD_c_checksumFlag?: number };
  readonly zstdCompressSync?: (bytes: Uint8Array, options: object) => Buffer;
  readonly zstdDecompressSync?: (bytes: Uint8Array, options: object) => Buffer;
}

/** Low-level part of zstd-napi: unlike its `decompress`, this one fills a buffer of the caller and cannot exceed it. */
interface PackageBinding {
  readonly CCtx: new () => {
    setParameter(parameter: number, value: number): void;
    compress2(target: Uint8Array, bytes: Uint8Array): number;
  };
  readonly CParameter: { readonly compressionLevel: number; readonly checksumFlag: number };
  readonly DCtx: new () => {
    setParameter(parameter: number, value: number): void;
    decompress(target: Uint8Array, bytes: Uint8Array): number;
  };
  compressBound(bytes: number): number;
}

const PACKAGE = 'zstd-napi';
const PACKAGE_VERSION = '0.0.13';
const NODE_WITH_ZSTD = '22.15';
/** Room behind the content: with less, Node decompresses in two steps, at half the speed. */
const SLACK_BYTES = 64;
/** zstd's ZSTD_d_forceIgnoreChecksum, since 1.4.9; the package has no name for it. Node takes named parameters alone. */
const IGNORE_CHECKSUM = 1002;
/** Memory to compress into that is kept for the next frame, in bytes; a body of usual size fits. */
const SCRATCH_BYTES = 1280 * 1024;

const load = createRequire(import.meta.filename);
let loaded: Zstd | undefined;

/**
 * Compresses into one frame that declares the size of its content and ends with a checksum of it: a flipped bit in compressed bytes can change any number of
 * plain ones. `level`: 1 to 19.
 * @throws LedgerError CANNOT_LOAD
 */
export function compress(bytes: Uint8Array, level: number): Buffer {
  return loadZstd().compress(bytes, level);
}

/**
 * Decompresses one frame at once, as `wish` says or into memory of its own. The content is never larger than its header declares, nor than
 * `plainBytesMax`: both are checked before any memory is taken.
 * @throws LedgerError CANNOT_LOAD
 * @throws Error for anything that is not exactly one sound frame
 */
export function decompress(bytes: Uint8Array, plainBytesMax: number, wish?: Decompression): Buffer {
  const { plainBytes, frameBytes } = readZstdFrame(bytes);
  if (plainBytes > plainBytesMax)
    throw new Error(`the compressed body declares ${plainBytes} bytes, and at most ${plainBytesMax} are expected`);
  if (frameBytes > bytes.length) throw new Error('the compressed body is truncated');
  // Node ignores what follows the first frame
  if (frameBytes < bytes.length) throw new Error(`${bytes.length - frameBytes} bytes follow the compressed body`);
  const zstd = loadZstd();
  let plain: Buffer;
  try {
    plain = zstd.decompress(bytes, plainBytes, wish?.take(plainBytes), wish?.isHashed);
  } catch (error) {
    throw new Error('the compressed body cannot be decompressed', { cause: error });
  }
  if (plain.length !== plainBytes)
    throw new Error(`the compressed body has ${plain.length} bytes, and its header declares ${plainBytes}`);
  return plain;
}

/** Loads zstd before it is needed, so that a call that will need it fails early. @throws LedgerError CANNOT_LOAD */
export function loadZstd(): Zstd {
  loaded ??= chooseZstd(load('node:zlib') as NodeZlib, load);
  return loaded;
}

/** @throws LedgerError CANNOT_LOAD */
export function chooseZstd(zlib: NodeZlib, loadPackage: (name: string) => unknown): Zstd {
  return zlib.zstdCompressSync === undefined
    ? packageZstd(loadZstdPackage(loadPackage) as PackageBinding)
    : nodeZstd(zlib);
}

/** The low-level part of the package, for a Node without zstd. @throws LedgerError CANNOT_LOAD */
export function loadZstdPackage(loadPackage: (name: string) => unknown = load): unknown {
  try {
    return loadPackage(`${PACKAGE}/binding.js`);
  } catch (error) {
    const { node } = process.versions;
    const isMissing = (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND';
    const fact = isMissing
      ? `is not installed, and Node ${node} has no zstd of its own: compressed frames need one of them`
      : `cannot be loaded by Node ${node}: ${(error as Error).message.split('\n', 1)[0]}`;
    throw unusable(
      { name: PACKAGE, version: isMissing ? undefined : PACKAGE_VERSION },
      fact,
      `use Node ${NODE_WITH_ZSTD} or later, or install the package: ${installCommand(`${PACKAGE}@${PACKAGE_VERSION}`)}`,
      error,
    );
  }
}

function nodeZstd({ constants, zstdCompressSync, zstdDecompressSync }: NodeZlib): Zstd {
  const [levelParameter, checksumParameter] = [
    constants.ZSTD_c_compressionLevel as number,
    constants.ZSTD_c_checksumFlag as number,
  ];
  return {
    compress: (bytes, level) =>
      (zstdCompressSync as NonNullable<typeof zstdCompressSync>)(bytes, {
        chunkSize: bytes.length + SLACK_BYTES,
        params: { [levelParameter]: level, [checksumParameter]: 1 },
      }),
    decompress: (bytes, plainBytes) => {
      const chunkSize = plainBytes + SLACK_BYTES;
      const plain = (zstdDecompressSync as NonNullable<typeof zstdDecompressSync>)(bytes, {
        chunkSize,
        // 0 would be refused
        maxOutputLength: Math.max(1, plainBytes),
      });
      // a small one lies in the pool of all small buffers, which cannot be handed to another thread
      return plain.buffer.byteLength === chunkSize ? plain : ownCopy(plain);
    },
  };
}

function packageZstd({ CCtx, CParameter, DCtx, compressBound }: PackageBinding): Zstd {
  const compressor = new CCtx();
  compressor.setParameter(CParameter.checksumFlag, 1);
  let scratch: Buffer | undefined;
  const memoryFor = (bound: number): Buffer => {
    if (bound > SCRATCH_BYTES) return Buffer.allocUnsafeSlow(bound);
    scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    return scratch;
  };
  const checking = new DCtx();
  const skipping = new DCtx();
  skipping.setParameter(IGNORE_CHECKSUM, 1);
  return {
    compress: (bytes, level) => {
      compressor.setParameter(CParameter.compressionLevel, level);
      const target = memoryFor(compressBound(bytes.length));
      return ownCopy(target.subarray(0, compressor.compress2(target, bytes)));
    },
    decompress: (bytes, plainBytes, target, skipsChecksum) => {
      const plain = target ?? Buffer.allocUnsafeSlow(plainBytes);
      return plain.subarray(0, (skipsChecksum ? skipping : checking).decompress(plain, bytes));
    },
  };
}

function ownCopy(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}
