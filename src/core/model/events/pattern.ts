/**
 * Regular expressions of conditions. Payloads are untrusted text, which could keep a backtracking engine busy for
 * hours; RE2's algorithm takes time linear in the text. No I/O.
 */

import { invalidArgument, LedgerError } from '../ledger-error.ts';

/**
 * Beyond this size a value of a mebibyte could take longer than 0.2 s, during which nothing else runs, not even Ctrl-C.
 */
const PROGRAM_SIZE_MAX = 500;

/** `(?i)` at its start: how Perl and RE2 ignore case. */
const INLINE_CASE = /^\(\?[msU]*i[imsU]*\)/;
/** `/x/i`: how JavaScript does. `/x/` alone is accepted: paths look like it. */
const LITERAL = /^\/(.+)\/(?=[gmsu]*[ig])[gimsu]{1,3}$/s;

export interface Pattern {
  readonly source: string;
  readonly ignoresCase: boolean;
}

/**
 * Rejects patterns that would not mean what their author intends. `path`: the field's, for the hint.
 * @throws LedgerError INVALID_ARGUMENT
 */
export function checkPattern(path: string, { source, ignoresCase }: Pattern): void {
  const literal = LITERAL.exec(source)?.[1];
  if (literal !== undefined) {
    throw invalidArgument(
      `'${source.slice(0, 80)}' has slashes around it, which would be matched literally`,
      `write ${path}${source.slice(literal.length + 2).includes('i') ? '~*' : '~'}${literal}; for the slashes themselves: ${path}~[/]${source.slice(1)}`,
    );
  }
  if (!INLINE_CASE.test(source)) return;
  throw invalidArgument(
    `'${source.slice(0, 80)}' sets ignore-case within the regular expression`,
    `write ${path}~*${source.replace(INLINE_CASE, '')}${ignoresCase ? '' : ': ~* ignores case'}`,
  );
}

/** @throws LedgerError INVALID_ARGUMENT for an invalid RE2 regular expression */
export async function compilePattern({ source, ignoresCase }: Pattern): Promise<(text: string) => boolean> {
  // a quarter of a megabyte of code, loaded on first use
  const { RE2JS } = await import('re2js');
  let expression: InstanceType<typeof RE2JS>;
  try {
    // names of groups and escapes are also accepted in JavaScript's spelling
    expression = RE2JS.compile(RE2JS.translateRegExp(source), ignoresCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (error) {
    throw new LedgerError('INVALID_ARGUMENT', {
      message: `invalid regular expression '${source.slice(0, 80)}': ${reasonOf(error)}`,
      hint: 'use RE2 syntax, without look-around and back-references: place~Alaska$',
      cause: error,
    });
  }
  const size = expression.programSize();
  if (size > PROGRAM_SIZE_MAX) {
    throw invalidArgument(
      `the regular expression '${source.slice(0, 80)}' is too large: ${size} steps, at most ${PROGRAM_SIZE_MAX}`,
      'use smaller counts in {m,n}, or fewer alternatives; or split it over several `where`',
    );
  }
  return (text) => expression.test(text);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/^error parsing regexp: /, '').slice(0, 120) : String(error);
}
