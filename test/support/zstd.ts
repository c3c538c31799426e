/** The two implementations of zstd, as far as this Node has them: its own, and the package. */

import { createRequire } from 'node:module';
import { chooseZstd, type NodeZlib } from '../../src/core/native/zstd.ts';

const load = createRequire(import.meta.url);
const zlib = load('node:zlib') as NodeZlib;

export const nodeHasZstd = zlib.zstdCompressSync !== undefined;
export const packageZstd = chooseZstd({ constants: {} }, load);
export const nodeZstd = nodeHasZstd ? chooseZstd(zlib, load) : null;
