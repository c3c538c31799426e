/**
 * Signed notes as https://c2sp.org/signed-note describes them: a text, an empty line, and signature lines of an em dash, the name of a key and base64 of its
 * id and a signature. Reads and writes them; signs and verifies nothing. Pure.
 */

export interface NoteSignature {
  /** Of the key. */
  readonly name: string;
  /** Id of the key, an unsigned number of 32 bits. */
  readonly keyId: number;
  readonly signature: Buffer;
}

export interface SignedNote {
  /** What is signed. It ends with a line feed, and may have empty lines. */
  readonly text: string;
  /** At least one. */
  readonly signatures: readonly NoteSignature[];
}

/** A longer note is refused before it is read. */
export const NOTE_BYTES_MAX = 64 * 1024;
/** As the Go implementation has it; the specification asks for 16 or more. */
export const SIGNATURES_MAX = 100;

const DASH = '\u2014 ';
const KEY_ID_BYTES = 4;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a note has no control characters but line feeds
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;
const NO_NAME = /[\p{White_Space}+\p{Cs}]/u;
/** Half of a pair: no UTF-8 has one. */
const LONE_SURROGATE = /\p{Cs}/u;

/** `NAME+ID+KEY`: name, id in hex, and base64 of the type and the key. */
export const VERIFIER_KEY = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/;

/** Whether a text is a verifier key, which stands for itself and is no file. */
export function isVerifierKey(text: string): boolean {
  return VERIFIER_KEY.test(text);
}

/** Whether a line stands among the signatures of a note. */
function isSignatureLine(line: string): boolean {
  return line.startsWith(DASH);
}

export function isKeyName(name: string): boolean {
  return name !== '' && !NO_NAME.test(name) && !CONTROL.test(name);
}

/** `signature` with its line end. */
export function formatSignature({ name, keyId, signature }: NoteSignature): string {
  const id = Buffer.alloc(KEY_ID_BYTES);
  id.writeUInt32BE(keyId);
  return `${DASH}${name} ${Buffer.concat([id, signature]).toString('base64')}\n`;
}

export function formatNote({ text, signatures }: SignedNote): string {
  return `${text}\n${signatures.map(formatSignature).join('')}`;
}

/** The note, or the fault in one clause. */
export function parseNote(note: string): SignedNote | string {
  if (Buffer.byteLength(note) > NOTE_BYTES_MAX) return `it is longer than ${NOTE_BYTES_MAX} bytes`;
  if (LONE_SURROGATE.test(note)) return 'it is not valid UTF-8';
  if (CONTROL.test(note)) return 'it has a control character';
  if (!note.endsWith('\n')) return 'it does not end with a line feed';
  // the last empty line: those before it belong to the text
  const end = note.lastIndexOf('\n\n');
  if (end <= 0) return 'it has no empty line between its text and its signatures';
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > SIGNATURES_MAX) return `it has more than ${SIGNATURES_MAX} signatures`;
  const signatures = lines.map(parseSignature);
  const fault = signatures.find((signature) => typeof signature === 'string');
  if (fault !== undefined) return fault as string;
  return { text: note.slice(0, end + 1), signatures: signatures as NoteSignature[] };
}

function parseSignature(line: string): NoteSignature | string {
  if (!isSignatureLine(line)) return 'a line after its empty line is no signature';
  const [name = '', encoded = '', ...rest] = line.slice(DASH.length).split(' ');
  if (rest.length > 0 || !isKeyName(name)) return 'a signature has no name of a key';
  const bytes = decodeBase64(encoded);
  if (bytes === null || bytes.length <= KEY_ID_BYTES) return 'a signature is not base64 of a key id and a signature';
  return { name, keyId: bytes.readUInt32BE(), signature: bytes.subarray(KEY_ID_BYTES) };
}

/** Null unless the text is the one base64 of its bytes: Node skips what is none. */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}
