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
  for (let offset: usize = 0; offset < length; offset += 16) v128.store(to + offset, v128.load(from + offset));
}
