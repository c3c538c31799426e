/** The setting that says how new frames are stored: plain, or compressed. No I/O. */

import { invalidArgument } from './ledger-error.ts';

/** Compression of frames. Its text is `zstd:LEVEL`; that of no compression is `none`. */
export interface Compression {
  readonly codec: 'zstd';
  /** 1 to 19. */
  readonly level: number;
}

/** Measured on frames: level 3 is larger everywhere, and 9 saves 2-14 % at a sixth of the speed. */
const LEVEL_DEFAULT = 1;
/** From 20 on zstd takes hundreds of megabytes of memory. */
const LEVEL_MAX = 19;

/** Reads `none`, `zstd` or `zstd:LEVEL`; null means none, undefined another text. */
export function readCompression(text: string): Compression | null | undefined {
  if (text === 'none') return null;
  const [, level = String(LEVEL_DEFAULT)] = /^zstd(?::(\d{1,2}))?$/.exec(text) ?? [undefined, ''];
  if (level === '') return undefined;
  const number = Number(level);
  return number >= 1 && number <= LEVEL_MAX ? { codec: 'zstd', level: number } : undefined;
}

/** A caller without types may pass any value. @throws LedgerError INVALID_ARGUMENT */
export function parseCompression(text: string): Compression | null {
  const compression = typeof text === 'string' ? readCompression(text) : undefined;
  if (compression !== undefined) return compression;
  throw invalidArgument(
    `compression cannot be ${String(text)}`,
    `use none, zstd or zstd:LEVEL with a level of 1 to ${LEVEL_MAX}`,
  );
}

export function formatCompression(compression: Compression | null): string {
  return compression === null ? 'none' : `${compression.codec}:${compression.level}`;
}
