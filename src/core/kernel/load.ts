/** Loads the hot kernel (`kernel/` in AssemblyScript, compiled by the build) into a memory of the caller's. It knows no organ and none of the exports. */

import { readFileSync } from 'node:fs';

/** What stands below this address is the kernel's own. */
const STATIC_BYTES = 1024;
const PAGE_BYTES = 65536;

let module: WebAssembly.Module | undefined;

/** Linear memory whose layout its owner decides, from {@link KernelMemory.start} on. */
export class KernelMemory<Exports> {
  readonly exports: Exports;
  readonly #memory = new WebAssembly.Memory({ initial: 1 });

  constructor() {
    module ??= new WebAssembly.Module(readFileSync(new URL('./kernel.wasm', import.meta.url)));
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#memory, abort: onAbort } });
    this.exports = instance.exports as Exports;
  }

  /** The first address that may be used. */
  get start(): number {
    return align(STATIC_BYTES);
  }

  /** Another one after each time {@link reserve} has made it longer; views of the one before are empty then. */
  get buffer(): ArrayBuffer {
    return this.#memory.buffer;
  }

  /** Makes the memory reach up to the address, exclusive. */
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
