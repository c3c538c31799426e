/** Serializes JSON that is safe on a terminal: JSON.stringify() does not escape C1 control characters, nor bidirectional or invisible ones. */

// without \n: an indented document contains line breaks between its values
const UNSAFE = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Returns JSON of the same value, with all characters that can control a terminal written as `\uXXXX`. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(UNSAFE, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}
