/**
 * Copies payloads sixteen bytes at a time, past their end, because most are short. Source and target need sixteen spare
 * bytes after the end.
 */

@inline
export function copy(to: usize, from: usize, length: usize): void {
  if (length > 1024) {
    memory.copy(to, from, length);
    return;
  }
  let offset: usize = 0;
  for (; offset + 64 <= length; offset += 64) {
    const first = v128.load(from + offset);
    const second = v128.load(from + offset, 16);
    const third = v128.load(from + offset, 32);
    const fourth = v128.load(from + offset, 48);
    v128.store(to + offset, first);
    v128.store(to + offset, second, 16);
    v128.store(to + offset, third, 32);
    v128.store(to + offset, fourth, 48);
  }
  for (; offset < length; offset += 16) v128.store(to + offset, v128.load(from + offset));
}
