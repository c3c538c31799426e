/** Escapes untrusted text for a terminal: characters that move the cursor, change the reading direction or are invisible are shown as codes. */

// to prepare the other expression, with its classes of Unicode, takes 0.8 ms, which most commands are spared
const PLAIN = /^[ -~]*$/;

export function escapeForTerminal(text: string): string {
  if (PLAIN.test(text)) return text;
  // control characters, invisible and bidirectional formatting, line and paragraph separators
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) as number;
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}
