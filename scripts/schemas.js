/**
 * Writes the JSON Schemas of all documents and JSON lines from their types to `docs/schema`; with `--check` it only compares, and exits with 1 if they are out
 * of date. docs/JSON.md lists them.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createGenerator } from 'ts-json-schema-generator';
import { SCHEMAS } from './schema-table.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = join(ROOT, 'docs/schema');
/** Names of fields with a time; `time` is also a path in settings. */
const TIME_NAME = /(Time|At)$/;

/** By file name. */
function schemaTexts() {
  const generator = createGenerator({
    path: join(ROOT, 'src/{views,cli/bench}/*.ts'),
    tsconfig: join(ROOT, 'tsconfig.json'),
    skipTypeCheck: true,
    expose: 'none',
    topRef: false,
    jsDoc: 'extended',
    additionalProperties: false,
  });
  return new Map(
    Object.entries(SCHEMAS).map(([name, { type, title }]) => {
      // everything is inlined: there are no definitions
      const { $schema, definitions: _, ...schema } = generator.createSchema(type);
      const whole = { $schema, title, ...withFormats(schema) };
      return [`${name}.schema.json`, `${JSON.stringify(whole, null, 2)}\n`];
    }),
  );
}

function withFormats(node, name = '') {
  if (Array.isArray(node)) return node.map((item) => withFormats(item));
  if (typeof node !== 'object' || node === null) return node;
  const isTime = TIME_NAME.test(name) && [node.type].flat().includes('string');
  // open: a document of a later version has more fields, and is still valid
  const kept = Object.entries(node).filter(([key, value]) => key !== 'additionalProperties' || value !== false);
  const entries = kept.map(([key, value]) => [
    key,
    key === 'properties' || key === 'definitions'
      ? Object.fromEntries(Object.entries(value).map(([field, schema]) => [field, withFormats(schema, field)]))
      : withFormats(value),
  ]);
  return Object.fromEntries(isTime ? [...entries, ['format', 'date-time']] : entries);
}

const texts = schemaTexts();
const kept = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
const stale = [...new Set([...texts.keys(), ...kept])].filter((name) => {
  const file = join(FOLDER, name);
  return !texts.has(name) || !existsSync(file) || readFileSync(file, 'utf8') !== texts.get(name);
});
if (process.argv.includes('--check')) {
  for (const name of stale) process.stderr.write(`docs/schema/${name} is out of date: run node scripts/schemas.js\n`);
  if (stale.length > 0) process.exitCode = 1;
} else {
  for (const name of stale) {
    const file = join(FOLDER, name);
    mkdirSync(dirname(file), { recursive: true });
    if (texts.has(name)) writeFileSync(file, texts.get(name));
    else rmSync(file);
  }
}
