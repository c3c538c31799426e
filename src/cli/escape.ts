/** Makes text from outside safe for a terminal: what could move the cursor, turn the reading direction or hide is shown as its code. */

// C0, DEL, C1, zero-width and bidirectional controls, line separators, the byte order mark
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

export function escapeForTerminal(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) as number;
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}
