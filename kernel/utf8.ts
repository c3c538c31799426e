/** Well-formed UTF-8: Unicode 15, table 3-7. */

/** Bytes of the sequence at `place`, 0 if it is malformed. */
export function utf8Length(place: usize): usize {
  const lead = load<u8>(place);
  const second = load<u8>(place + 1);
  if (lead >= 0xc2 && lead <= 0xdf) return isContinuation(second) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const low: u8 = lead == 0xe0 ? 0xa0 : 0x80;
    const high: u8 = lead == 0xed ? 0x9f : 0xbf;
    return second >= low && second <= high && isContinuation(load<u8>(place + 2)) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const low: u8 = lead == 0xf0 ? 0x90 : 0x80;
    const high: u8 = lead == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high && isContinuation(load<u8>(place + 2)) && isContinuation(load<u8>(place + 3)) ? 4 : 0;
  }
  return 0;
}

@inline
function isContinuation(byte: u8): bool {
  return (byte & 0xc0) == 0x80;
}
