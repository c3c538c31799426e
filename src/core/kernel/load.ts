/**
 * Loads the WebAssembly kernel (`kernel/` in AssemblyScript, compiled by the build) into memory of the caller. Knows
 * none of its exports. The build compiles it twice: a module says whether its memory is shared.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Memory below this address belongs to the kernel. */
const STATIC_BYTES = 1024;
const PAGE_BYTES = 65536;

/** Shared memory grows up to this; only address space is reserved for it. */
const SHARED_BYTES_MAX = 256 * 1024 * 1024;

const modules = new Map<string, WebAssembly.Module>();

/** Linear memory from {@link KernelMemory.start} on, laid out by its owner. */
export class KernelMemory<Exports> {
  readonly exports: Exports;
  readonly #memory: WebAssembly.Memory;

  /** `isShared`: with other threads. Copies into and out of shared memory are slow in V8, up to twelve times, so it is for what stays in its place. */
  constructor({ isShared = false }: { readonly isShared?: boolean } = {}) {
    this.#memory = new WebAssembly.Memory(
      isShared ? { initial: 1, maximum: SHARED_BYTES_MAX / PAGE_BYTES, shared: true } : { initial: 1 },
    );
    const module = load(isShared ? 'kernel-shared.wasm' : 'kernel.wasm');
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#memory, abort: onAbort } });
    this.exports = instance.exports as Exports;
  }

  /** The first usable address. */
  get start(): number {
    return align(STATIC_BYTES);
  }

  /** Replaced whenever {@link reserve} grows it; views of the previous buffer are then empty, but those of shared memory stay valid. */
  get buffer(): ArrayBufferLike {
    return this.#memory.buffer;
  }

  /** Grows the memory up to the address, exclusive. */
  reserve(end: number): void {
    const missing = Math.ceil((end - this.#memory.buffer.byteLength) / PAGE_BYTES);
    if (missing > 0) this.#memory.grow(missing);
  }
}

/** The next address at which wide reads are aligned. */
export function align(address: number): number {
  return Math.ceil(address / 16) * 16;
}

function load(file: string): WebAssembly.Module {
  let module = modules.get(file);
  if (module === undefined) {
    module = new WebAssembly.Module(readFileSync(join(import.meta.dirname, file)));
    modules.set(file, module);
  }
  return module;
}

function onAbort(): never {
  throw new Error('the kernel aborted');
}
