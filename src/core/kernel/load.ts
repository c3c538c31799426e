/**
 * Loads the WebAssembly kernel (`kernel/` in AssemblyScript, compiled by the build) into memory of the caller. Knows
 * none of its exports.
 */

import { readFileSync } from 'node:fs';

/** Memory below this address belongs to the kernel. */
const STATIC_BYTES = 1024;
const PAGE_BYTES = 65536;

let module: WebAssembly.Module | undefined;

/** Linear memory from {@link KernelMemory.start} on, laid out by its owner. */
export class KernelMemory<Exports> {
  readonly exports: Exports;
  readonly #memory = new WebAssembly.Memory({ initial: 1 });

  constructor() {
    module ??= new WebAssembly.Module(readFileSync(new URL('./kernel.wasm', import.meta.url)));
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#memory, abort: onAbort } });
    this.exports = instance.exports as Exports;
  }

  /** The first usable address. */
  get start(): number {
    return align(STATIC_BYTES);
  }

  /** Replaced whenever {@link reserve} grows it; views of the previous buffer are then empty. */
  get buffer(): ArrayBuffer {
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

function onAbort(): never {
  throw new Error('the kernel aborted');
}
