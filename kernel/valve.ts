/**
 * Learning a literal costs more than to walk it. Where lines are so different that few literals are foreseen, the valve
 * closes: the plain machine scans some input alone, then the table has another chance.
 */

/** Misses that are counted together. */
const MISSES: usize = 128;
/** A miss is worth it once in as many bytes: it costs about what the plain machine takes for them. */
const BYTES_A_MISS: usize = 64;
const CLOSED_BYTES: usize = 1024 * 1024;

/** Addresses: of the first miss that is counted, from where on the valve is open, and of the end of the last chunk. */
let countedFrom: usize = 0;
let openFrom: usize = 0;
let chunkEnd: usize = 0;
let misses: usize = 0;

/** Another chunk takes the place of the last one, and goes on where that ended. */
export function beginChunk(start: usize, end: usize): void {
  openFrom = openFrom > chunkEnd ? start + (openFrom - chunkEnd) : start;
  chunkEnd = end;
  countedFrom = start;
  misses = 0;
}

export function openValve(): void {
  openFrom = 0;
  misses = 0;
}

@inline
export function isOpen(place: usize): bool {
  return place >= openFrom;
}

/** Literals were not foreseen up to `place`. Closes the valve if that was so too often. */
export function countMisses(count: usize, place: usize): void {
  misses += count;
  if (misses < MISSES) return;
  if (place - countedFrom < MISSES * BYTES_A_MISS) openFrom = place + CLOSED_BYTES;
  countedFrom = place;
  misses = 0;
}
