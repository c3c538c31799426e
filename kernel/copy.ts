/** Copies payloads: sixteen bytes at a time, over their end, because most are short. Both sides need as many bytes behind. */

@inline
export function copy(to: usize, from: usize, length: usize): void {
  if (length > 1024) {
    memory.copy(to, from, length);
    return;
  }
  for (let offset: usize = 0; offset < length; offset += 16) v128.store(to + offset, v128.load(from + offset));
}
