/** BLAKE3, loaded on first use: a missing binary must fail the call that opens a ledger, not the import. */

import { createRequire } from 'node:module';
import { toNamespacedPath } from 'node:path';
import type * as BlakeHash from '@napi-rs/blake-hash';
import { cannotLoad } from './cannot-load.ts';
import { installedFile } from './installed-file.ts';

export type Blake3Hasher = BlakeHash.Blake3Hasher;

const NAME = '@napi-rs/blake-hash';
/** As the packages of binaries name it. */
const C_LIBRARY: Partial<Record<NodeJS.Platform, string>> = { linux: '-gnu', win32: '-msvc' };

const load = (name: string): unknown => createRequire(import.meta.filename)(name);
let loaded: typeof BlakeHash | undefined;

/** @throws LedgerError CANNOT_LOAD */
export function loadBlake3(): typeof BlakeHash {
  if (loaded !== undefined) return loaded;
  try {
    loaded = loadBinary() ?? (load(NAME) as typeof BlakeHash);
    return loaded;
  } catch (error) {
    throw cannotLoad({ name: NAME, version: versionIfKnown() }, error);
  }
}

/**
 * This platform's binary, which the main package loads at the end of 17 KB of script, after a look at the C library: 1.5 ms. Null where that must look
 * further: for another C library, a binary that does not fit or that its variable names, and a layout that hides the dependencies of others.
 */
function loadBinary(): typeof BlakeHash | null {
  const { platform, arch, env } = process;
  if (env['NAPI_RS_NATIVE_LIBRARY_PATH'] !== undefined) return null;
  const target = `${platform}-${arch}${C_LIBRARY[platform] ?? ''}`;
  const path = installedFile(`${NAME}-${target}/blake.${target}.node`);
  if (path === null) return null;
  const binary = { exports: {} };
  try {
    process.dlopen(binary, toNamespacedPath(path));
  } catch {
    return null;
  }
  return binary.exports as typeof BlakeHash;
}

/** The 32 bytes of a hash. */
export function blake3(data: string | Uint8Array): Buffer {
  return loadBlake3().blake3(data);
}

/** An incremental hash. */
export function newBlake3(): Blake3Hasher {
  return new (loadBlake3().Blake3Hasher)();
}

function versionIfKnown(): string | undefined {
  try {
    return (load(`${NAME}/package.json`) as { version: string }).version;
  } catch {
    return undefined;
  }
}
