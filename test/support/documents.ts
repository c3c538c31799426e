/** Checks what the command line prints as JSON against the schemas of docs/schema: every run of the suite takes part. */

import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { CliResult } from './cli-result.ts';

const FOLDER = new URL('../../docs/schema/', import.meta.url);
/** Of many lines, these at both ends are examined. */
const LINES_EXAMINED = 50;

const ajv = new Ajv({ allErrors: false, strict: true, strictTypes: false, allowUnionTypes: true });
addFormats.default(ajv);

const VALIDATORS = Symbol.for('completengine.test.validators');

/** One set for all files of a worker, each of which evaluates this module again: that of `inspect` takes 20 ms to compile. */
const worker = globalThis as { [VALIDATORS]?: Map<string, ValidateFunction> };
worker[VALIDATORS] ??= new Map();
const validators = worker[VALIDATORS];

interface Rule {
  /** Whether a command has this output. */
  applies(args: readonly string[]): boolean;
  readonly schema: string;
  readonly isLines?: boolean;
  readonly stream?: 'stdout' | 'stderr';
}

const has =
  (...words: string[]) =>
  (args: readonly string[]) =>
    words.every((word) => args.includes(word));
const not = (word: string) => (args: readonly string[]) => !args.includes(word);
const all =
  (...tests: ((args: readonly string[]) => boolean)[]) =>
  (args: readonly string[]) =>
    tests.every((holds) => holds(args));
const verb =
  (...words: string[]) =>
  (args: readonly string[]) =>
    words.every((word, nth) => args[nth] === word);
const noSubverb = (args: readonly string[]) => !['add', 'place', 'reroute', 'explain'].includes(args[1] ?? '');
const noGroupVerb = (args: readonly string[]) => !['show', 'reset', 'skip', 'parked', 'delete'].includes(args[1] ?? '');
const json = has('--json');

/** The first rule that applies counts. */
const RULES: readonly Rule[] = [
  { applies: all(verb('emit'), has('--receipts'), not('--json')), schema: 'receipt', isLines: true },
  { applies: all(verb('emit'), json, not('--receipts')), schema: 'emit' },
  { applies: all(verb('replay'), has('-o', 'envelope'), not('--exec')), schema: 'envelope', isLines: true },
  { applies: all(verb('tail'), has('-o', 'envelope'), not('--exec')), schema: 'envelope', isLines: true },
  { applies: all(verb('replay'), json, has('--dry-run')), schema: 'dry-run' },
  { applies: all(verb('replay'), json, has('--into')), schema: 'replay' },
  { applies: all(verb('replay'), json), schema: 'replay', stream: 'stderr' },
  {
    applies: all(verb('group', 'parked'), not('--help'), not('--redeliver'), not('--drop'), not('-o'), not('--format')),
    schema: 'parked',
    isLines: true,
  },
  { applies: all(verb('inspect'), has('--watch')), schema: 'watch', isLines: true },
  { applies: all(verb('group', 'reset'), json), schema: 'cursor-plan' },
  { applies: all(verb('group', 'show'), json), schema: 'group' },
  { applies: all(verb('group', 'skip'), json), schema: 'group-skip' },
  { applies: all(verb('group', 'delete'), json), schema: 'group-deletion' },
  { applies: all(verb('group'), json, noGroupVerb), schema: 'groups' },
  { applies: all(verb('inspect'), json, has('--sequence'), not('--sign')), schema: 'event' },
  { applies: all(verb('inspect'), json, has('--sign')), schema: 'checkpoint' },
  { applies: all(verb('inspect'), json, has('--cosign')), schema: 'cosignature' },
  { applies: all(verb('inspect'), json, has('--check')), schema: 'check' },
  { applies: all(verb('inspect'), json, has('--permissions')), schema: 'permissions' },
  { applies: all(verb('inspect'), json, has('--verify')), schema: 'verify' },
  { applies: all(verb('inspect'), json, has('--expect-head')), schema: 'verify' },
  { applies: all(verb('inspect'), has('--timeline')), schema: 'timeline' },
  { applies: all(verb('inspect'), json, (args) => !args.some((arg) => arg.startsWith('--html'))), schema: 'inspect' },
  { applies: all(verb('diff'), json), schema: 'diff' },
  { applies: all(verb('proof'), json), schema: 'proof' },
  { applies: all(verb('init'), json), schema: 'inspect' },
  { applies: all(verb('partition', 'explain'), json), schema: 'explanation', isLines: true },
  { applies: all(verb('partition'), json, has('--dry-run')), schema: 'partition-preview' },
  { applies: all(verb('partition'), json, noSubverb), schema: 'partition' },
  { applies: all(verb('partition'), json), schema: 'partition-change' },
  { applies: all(verb('archive'), json, has('--yes')), schema: 'archive' },
  { applies: all(verb('archive'), json), schema: 'archive-plan' },
  { applies: all(verb('backup'), json), schema: 'backup' },
  { applies: all(verb('compact'), json), schema: 'compact' },
  { applies: all(verb('bench'), json), schema: 'bench' },
];

/** @throws Error if the output of a command is not what its schema says */
export function checkDocuments(args: readonly string[], { code, stdout, stderr }: CliResult): void {
  // a command that a signal ended has no result
  if (code === null || code >= 128) return;
  const rule = RULES.find(({ applies }) => applies(args));
  if (rule === undefined) return;
  const text = (rule.stream === 'stderr' ? stderr : stdout.toString('utf8')).trim();
  if (text === '') return;
  if (rule.isLines) {
    // a failure is one document in place of the lines
    const lines = text.startsWith('{\n') ? [text] : text.split('\n');
    for (const line of new Set([...lines.slice(0, LINES_EXAMINED), ...lines.slice(-LINES_EXAMINED)]))
      checkDocument(rule.schema, line, args);
  } else if (rule.stream === 'stderr') {
    // beside notes and errors
    for (const line of text.split('\n')) if (line.startsWith('{')) checkDocument(rule.schema, line, args);
  } else checkDocument(rule.schema, text, args);
}

/** The document of a failure is valid in place of any other one. @throws Error */
export function checkDocument(schema: string, text: string, args: readonly string[] = []): void {
  const document = JSON.parse(text) as object;
  const name = Object.keys(document)[0] === 'error' ? 'error' : schema;
  const validate = validatorOf(name);
  if (validate(document)) return;
  throw new Error(
    `${args.join(' ')}: not as docs/schema/${name}.schema.json says: ${ajv.errorsText(validate.errors)}\n${text.slice(0, 2000)}`,
  );
}

function validatorOf(name: string): ValidateFunction {
  const known = validators.get(name);
  if (known !== undefined) return known;
  const schema = JSON.parse(readFileSync(new URL(`${name}.schema.json`, FOLDER), 'utf8')) as object;
  const validate = ajv.compile(closed(schema));
  validators.set(name, validate);
  return validate;
}

/** The published schemas are open, because later versions add fields. Here a field that no schema has is a failure. */
function closed<Schema>(node: Schema): Schema {
  if (Array.isArray(node)) return node.map(closed) as Schema;
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) => [
    key,
    key === 'properties'
      ? Object.fromEntries(Object.entries(value as object).map(([name, field]) => [name, closed(field)]))
      : closed(value),
  ]);
  const isOpen = 'properties' in node && !('additionalProperties' in node);
  return Object.fromEntries(isOpen ? [...entries, ['additionalProperties', false]] : entries) as Schema;
}
