/** Frees the memory of large bodies at once: the garbage collector waits until there are tens of megabytes of it. */

import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { StoredFrame } from '../../model/events/commit.ts';

/** Smaller ones are left to the garbage collector: freeing thousands of them one by one costs more than they take. */
const FREED_FROM_BYTES = 1024;

let disposal: MessagePort | undefined;

/** A port without a receiver: memory that is transferred to it is freed. Made at the first use: a small command frees nothing, and the module is 1.5 ms. */
function portWithoutReceiver(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return port1;
}

function dispose(memories: ArrayBuffer[]): void {
  disposal ??= portWithoutReceiver();
  disposal.postMessage(null, memories);
}

/** The bytes must not be used any more; they are empty afterwards. */
export function freeBytes({ buffer, length }: Buffer): void {
  if (length >= FREED_FROM_BYTES && length === buffer.byteLength) dispose([buffer as ArrayBuffer]);
}

/** The bodies must not be used any more; they are empty afterwards. `kept`: memories that stay. */
export function freeBodies(
  commits: readonly { readonly frames: readonly StoredFrame[] }[],
  ...kept: readonly ArrayBuffer[]
): void {
  const stay = new Set(kept);
  const memories = new Set<ArrayBuffer>();
  for (const { frames } of commits) {
    for (const { body } of frames) {
      const memory = body.buffer as ArrayBuffer;
      if (!stay.has(memory) && memory.byteLength >= FREED_FROM_BYTES) memories.add(memory);
    }
  }
  if (memories.size > 0) dispose([...memories]);
}
