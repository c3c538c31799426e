/** The grammar of the command line, as the commands declare it: oclif collects it at the build in its manifest. Completion and man page follow from it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface GrammarFlag {
  readonly name: string;
  readonly char?: string;
  readonly description?: string;
  readonly type: 'boolean' | 'option';
  /** Fixed values. */
  readonly options?: readonly string[];
  /** Kinds of values between `|`, in capitals (`FILE`, `GROUP`), and literal ones in lower case (`all`). */
  readonly helpValue?: string;
}

interface GrammarArg {
  readonly name: string;
  readonly options?: readonly string[];
}

export interface GrammarVerb {
  readonly summary?: string;
  readonly flags: Readonly<Record<string, GrammarFlag>>;
  readonly args: Readonly<Record<string, GrammarArg>>;
  /** False: the last argument may be repeated. */
  readonly strict?: boolean;
}

/** By verb as typed: `partition add`. */
export type Grammar = ReadonlyMap<string, GrammarVerb>;

/** `root`: the directory of package.json. @throws Error of the system, SyntaxError */
export function readGrammar(root: string): Grammar {
  const manifest = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as {
    readonly commands: Readonly<Record<string, GrammarVerb>>;
  };
  return new Map(Object.entries(manifest.commands).map(([id, verb]) => [id.replaceAll(':', ' '), verb]));
}
