/** An input whose lines end at the boundaries of reads: one byte before, at, and one byte after those of pipes and files. */

export interface AwkwardInput {
  readonly bytes: Buffer;
  /** The payloads of its good lines, in order. */
  readonly payloads: readonly string[];
  /** The numbers of its bad lines, with the reasons. */
  readonly rejects: readonly { readonly line: number; readonly reason: string }[];
}

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;
/** The capacity of a pipe, and the size of one read of a file. */
const BORDERS = [
  ...Array.from({ length: 12 }, (_, nth) => (nth + 1) * 64 * KIBIBYTE),
  2 * MEBIBYTE,
  4 * MEBIBYTE,
  6 * MEBIBYTE,
  10 * MEBIBYTE,
  12 * MEBIBYTE,
];
const LINE_BYTES_MAX = MEBIBYTE;
const TOO_LONG = 'longer than 1048576 bytes (--max-line)';

/** A byte order mark first, line feeds with and without carriage returns, bad lines, too long ones and the longest good ones; no newline after the last line. */
export function awkwardInput(): AwkwardInput {
  const parts: Buffer[] = [Buffer.from('\ufeff')];
  const payloads: string[] = [];
  const rejects: { line: number; reason: string }[] = [];
  let [bytes, line] = [3, 0];
  const put = (text: string): void => {
    const end = line % 3 === 1 ? '\r\n' : '\n';
    parts.push(Buffer.from(text + end));
    bytes += Buffer.byteLength(text + end);
    line++;
  };
  const putGood = (payload: string): void => {
    payloads.push(payload);
    put(payload);
  };
  const putBad = (text: string, reason: string): void => {
    put(text);
    rejects.push({ line, reason });
  };
  /** A good line that ends, including its line feed, at this position of the input. */
  const putUntil = (place: number): void => {
    const overhead = (line % 3 === 1 ? 2 : 1) + 2;
    putGood(`"${'é'.repeat((place - bytes - overhead) >> 1)}${(place - bytes - overhead) % 2 === 1 ? 'x' : ''}"`);
  };
  for (const [nth, border] of BORDERS.entries()) {
    while (bytes + 1000 < border) {
      const room = border - bytes;
      if (room > 3.5 * LINE_BYTES_MAX) putBad(`"${'l'.repeat(LINE_BYTES_MAX * 3)}"`, TOO_LONG);
      else if (room > 1.9 * LINE_BYTES_MAX && nth % 2 === 0) putBad(`"${'m'.repeat(LINE_BYTES_MAX - 1)}"`, TOO_LONG);
      else if (room > 1.2 * LINE_BYTES_MAX) putGood(`"${'n'.repeat(LINE_BYTES_MAX - 2)}"`);
      else if (line % 50 === 7) putBad(`{"line":${line},`, 'invalid JSON: unexpected end of line');
      else if (line % 50 === 9) put('');
      else putGood(`{"line":${line},"pad":"${'x'.repeat(line % 400)}"}`);
    }
    putUntil(border + (nth % 3) - 1);
    if (bytes !== border + (nth % 3) - 1) throw new Error(`a line was to end around ${border} and ended at ${bytes}`);
  }
  if (rejects.filter(({ reason }) => reason === TOO_LONG).length < 3)
    throw new Error('there were to be more lines that are too long');
  payloads.push('"last"');
  parts.push(Buffer.from('"last"'));
  return { bytes: Buffer.concat(parts), payloads, rejects };
}
