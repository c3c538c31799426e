/** Whole numbers as decimal digits. */

@inline
export function writeInteger(at: usize, value: u32): usize {
  if (value < 10) {
    store<u8>(at, <u8>(0x30 + value));
    return at + 1;
  }
  let digits: usize = 2;
  for (let limit: u32 = 100; limit <= value && digits < 10; limit *= 10) digits++;
  let rest = value;
  for (let place = at + digits - 1; place >= at; place--) {
    const next = rest / 10;
    store<u8>(place, <u8>(0x30 + (rest - next * 10)));
    rest = next;
  }
  return at + digits;
}

/** Up to 18 digits: a time delta and a sequence have sixteen at most. */
@inline
export function writeLong(at: usize, value: u64): usize {
  if (value <= 999999999) return writeInteger(at, <u32>value);
  const high = value / 1000000000;
  const place = writeInteger(at, <u32>high);
  writePadded(place, <u32>(value - high * 1000000000), 9);
  return place + 9;
}

/** As many digits, with zeros before them. */
@inline
export function writePadded(at: usize, value: u32, digits: usize): void {
  let rest = value;
  for (let place = at + digits; place > at; ) {
    place--;
    const next = rest / 10;
    store<u8>(place, <u8>(0x30 + (rest - next * 10)));
    rest = next;
  }
}
