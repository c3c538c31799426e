/**
 * Regular expressions of conditions. The author of a payload chooses the text they run on, so that a backtracking engine could be kept busy for hours;
 * RE2's algorithm takes time in proportion to the text. No I/O.
 */

import { invalidArgument, LedgerError } from '../ledger-error.ts';

/** More than this, and a value of a mebibyte could take longer than 0.2 s, in which nothing else runs, not even Ctrl-C. */
const PROGRAM_SIZE_MAX = 500;

/** `(?i)` at its start: how Perl and RE2 ignore case. */
const INLINE_CASE = /^\(\?[msU]*i[imsU]*\)/;
/** `/x/i`: how JavaScript does. `/x/` is left: paths look like it. */
const LITERAL = /^\/(.+)\/(?=[gmsu]*[ig])[gimsu]{1,3}$/s;

export interface Pattern {
  readonly source: string;
  readonly ignoresCase: boolean;
}

/** What would be read in another way than it is meant is refused. `path`: the field's, for the hint. @throws LedgerError INVALID_ARGUMENT */
export function checkPattern(path: string, { source, ignoresCase }: Pattern): void {
  const literal = LITERAL.exec(source)?.[1];
  if (literal !== undefined) {
    throw invalidArgument(
      `'${source.slice(0, 80)}' has slashes around it, which would be looked for in the text`,
      `write ${path}${source.slice(literal.length + 2).includes('i') ? '~*' : '~'}${literal}; for the slashes themselves: ${path}~[/]${source.slice(1)}`,
    );
  }
  if (!INLINE_CASE.test(source)) return;
  throw invalidArgument(
    `'${source.slice(0, 80)}' asks to ignore case within the regular expression`,
    `write ${path}~*${source.replace(INLINE_CASE, '')}${ignoresCase ? '' : ': ~* ignores case'}`,
  );
}

/** @throws LedgerError INVALID_ARGUMENT for what is no regular expression of RE2 */
export async function compilePattern({ source, ignoresCase }: Pattern): Promise<(text: string) => boolean> {
  // a quarter of a megabyte of code, for those who use it
  const { RE2JS } = await import('re2js');
  let expression: InstanceType<typeof RE2JS>;
  try {
    // names of groups and escapes are taken in JavaScript's spelling, too
    expression = RE2JS.compile(RE2JS.translateRegExp(source), ignoresCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (error) {
    throw new LedgerError('INVALID_ARGUMENT', {
      message: `the regular expression '${source.slice(0, 80)}' cannot be read: ${reasonOf(error)}`,
      hint: 'write it in the syntax of RE2, without look-around and back-references: place~Alaska$',
      cause: error,
    });
  }
  const size = expression.programSize();
  if (size > PROGRAM_SIZE_MAX) {
    throw invalidArgument(
      `the regular expression '${source.slice(0, 80)}' is too large: ${size} steps, where ${PROGRAM_SIZE_MAX} are the most`,
      'use smaller counts in {m,n}, or fewer alternatives; several --where each take one of their own',
    );
  }
  return (text) => expression.test(text);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/^error parsing regexp: /, '').slice(0, 120) : String(error);
}
