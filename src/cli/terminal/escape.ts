/** Escapes untrusted text for a terminal: characters that move the cursor, change the reading direction or are invisible are shown as codes. */

// control characters, invisible and bidirectional formatting, line and paragraph separators
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

// to prepare the other expression takes 0.5 ms, which most commands are spared
const PLAIN = /^[ -~]*$/;

export function escapeForTerminal(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) as number;
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}
