/** Keeps the last few lines of a text, however much came before them. */

const BYTES_MAX = 4096;
const LINES_MAX = 10;

export class LastLines {
  #bytes: Buffer = Buffer.alloc(0);
  #isCut = false;

  add(bytes: Buffer): void {
    const all = Buffer.concat([this.#bytes, bytes.subarray(-BYTES_MAX)]);
    this.#isCut ||= bytes.length > BYTES_MAX || all.length > BYTES_MAX;
    this.#bytes = all.subarray(-BYTES_MAX);
  }

  /** Invalid UTF-8 is shown as U+FFFD. */
  toString(): string {
    return this.#bytes.subarray(this.#start()).toString('utf8').trimEnd().split('\n').slice(-LINES_MAX).join('\n');
  }

  /** The cut may split a character. */
  #start(): number {
    let at = 0;
    while (this.#isCut && at < 3 && isWithinCharacter(this.#bytes[at])) at++;
    return at;
  }
}

function isWithinCharacter(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
