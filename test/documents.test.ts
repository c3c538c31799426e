/** Checks documents and help: the paths they name exist and their sentences are short. Retired words do not return, in them or in code. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Where paths in the text begin: mostly at the root. */
const BASES = ['', 'src', 'src/core'];

const DOCUMENTS = ['', 'docs', 'docs/decisions', 'bench'].flatMap(documentsIn);
/** All but this file, which has the retired words. */
const CODE_FOLDERS = ['src', 'kernel', 'bin', 'scripts', 'bench', 'test'];

/** Phrases with a plainer synonym. CONTRIBUTING.md has the rule. */
const RETIRED_PHRASES = [
  're-tell',
  're-told',
  're-tells',
  'whatever else',
  'those who',
  'he who',
  'for ever',
  'in hand',
].concat(['stand behind', 'stood behind', 'so many', 'so manieth', 'dies of']);

/** Words with a plainer synonym, also as parts of an identifier. */
const RETIRED_WORDS = new Set([
  ...[
    'tell',
    'tells',
    'told',
    'telling',
    'retell',
    'retells',
    'retold',
    'retelling',
    'rehearse',
    'rehearses',
    'rehearsal',
  ],
  ...['whoever', 'whomever', 'himself', 'herself', 'anew', 'nonetheless', 'mend', 'mends', 'mended', 'mending', 'deed'],
  ...['deadly', 'conveyor', 'judge', 'judges', 'judged', 'verdict', 'verdicts', 'handful', 'stir', 'stirs', 'stirred'],
  ...[
    'attend',
    'attends',
    'attendance',
    'seat',
    'seats',
    'patience',
    'settle',
    'settles',
    'settling',
    'settlement',
    'lift',
    'lifts',
    'lifted',
    'liftable',
  ],
]);

/** Identifiers that were renamed; docs/GLOSSARY.md has the names in use. */
const RETIRED_IDENTIFIERS = [
  ...['Telling', 'TellingReport', 'Retelling', 'retell', 'tellTail', 'tellAgain', 'rehearse', 'RehearsalReport'],
  ...['ReferencePress', 'KernelPress', 'PressParts', 'Judge', 'Verdicts', 'Conveyor', 'Flight', 'OnArrival'],
  ...['ON_THEIR_WAY_MAX', 'AsideTarget', 'SharedCommits', 'Exclusions', 'callOf', 'InputTrack', 'ProducerTrack'],
  ...['TransferTrack', 'ProducerMark', 'isLiftable', 'liftMax', 'settlePins', 'GivenOptions', 'NOTHING_GIVEN'],
  ...['Handful', 'onStir', 'Attendance', 'Seat', 'Settlement', 'takeBackFailure', 'takeBackRedelivery', 'Trial'],
  ...['standBehind', 'handOver', 'SUSPICION', 'Repeating', 'GroupDesk', 'group-desk', 'keptOf', 'Patience', 'lookAt'],
  ...['lookAgainAndAgain', 'PartitionReach', 'EventPlace', 'DeliveryPlace', 'onRefused', 'DigestDuty'],
  ...['LineCutter', 'CutLines', 'CutCommit'],
];

/** Names that are plain words as well, so that only a declaration or a private member of that name is refused. */
const RETIRED_NAMES = [
  'Press',
  'Given',
  'Holding',
  'Fed',
  'Ending',
  'Keeps',
  'Look',
  'Exclusions',
  'Verdicts',
  'audience',
  'callOf',
]
  .concat(['look', 'launch', 'launchAgain', 'arrive', 'land'])
  .join('|');
const RETIRED_DECLARATION = new RegExp(
  `(?:\\b(?:class|interface|type|enum|function|get|set) |#)(?:${RETIRED_NAMES})\\b(?! [a-z])`,
  'g',
);

const WORDS_MAX = 30;

function documentsIn(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.md'));
  return names.map((name) => join(folder, name));
}

function read(document: string): string {
  return readFileSync(join(ROOT, document), 'utf8');
}

function captures(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, captured]) => captured as string);
}

function codeFiles(): string[] {
  return CODE_FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.[cm]?[jt]s$|\.sh$/.test(name))
      .map((name) => join(folder, name)),
  ).filter((file) => file !== 'test/documents.test.ts');
}

/** Each use of a retired phrase, identifier or word, as `line: word`. A word counts in camelCase and in SCREAMING_CASE, too. */
function retiredIn(text: string): string[] {
  const phrases = new RegExp(`(?<![\\w-])(?:${RETIRED_PHRASES.join('|')})(?![\\w-])`, 'gi');
  const identifiers = new RegExp(`(?<!\\w)(?:${RETIRED_IDENTIFIERS.join('|')})(?!\\w)`, 'g');
  const words = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g;
  return text.split('\n').flatMap((line, at) => {
    const found = [phrases, identifiers, RETIRED_DECLARATION].flatMap((pattern) => line.match(pattern) ?? []);
    const retired = (line.match(words) ?? []).filter((word) => RETIRED_WORDS.has(word.toLowerCase()));
    return [...found, ...retired].map((word) => `${at + 1}: ${word}`);
  });
}

/** What `--help` shows of a command: summaries and descriptions of it, its flags and its arguments. */
interface Described {
  readonly summary?: string;
  readonly description?: string;
}

/** The texts of `--help`, by command. */
function helpTexts(): [command: string, text: string][] {
  const { commands } = JSON.parse(read('oclif.manifest.json')) as {
    commands: Record<string, Described & { flags: Record<string, Described>; args: Record<string, Described> }>;
  };
  return Object.entries(commands).map(([id, command]) => [
    id,
    [command, ...Object.values(command.flags), ...Object.values(command.args)]
      .flatMap(({ summary = '', description = '' }) => [summary, description])
      .join('\n\n'),
  ]);
}

function longSentencesIn(text: string): string[] {
  return sentencesOf(text).filter((sentence) => wordsIn(sentence) > WORDS_MAX);
}

/** Sentences of prose: of paragraphs, list items, headings and cells of tables, and not of code. */
function sentencesOf(markdown: string): string[] {
  return markdown
    .replace(/^```[\s\S]*?^```$/gm, '')
    .replace(/(?<=\n\n)(?: {4}.*\n+)+/g, '\n')
    .split(/\n\s*\n|\||\n(?=[-#] |\d+\. )/)
    .flatMap((block) => block.replace(/\s+/g, ' ').split(/(?<=[.!?]\S?) /))
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
}

function wordsIn(sentence: string): number {
  return sentence.split(' ').filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

test.each(DOCUMENTS)('%s names files and folders that are there, and links to such', (document) => {
  const text = read(document);
  const named = captures(text, /`((?:src|test|kernel|bench|docs|scripts|fixtures|model|ledger|engine)\/[\w./-]+)`/g);
  const linked = captures(text, /\]\((?!https?:)([^)#]+)/g);
  expect(named.filter((path) => !BASES.some((base) => existsSync(join(ROOT, base, path))))).toEqual([]);
  expect(linked.filter((path) => !existsSync(join(ROOT, dirname(document), path)))).toEqual([]);
});

/** A row stands for what its first cell names: a second one says it again, or says something else of it. */
test.each(DOCUMENTS)('%s names nothing twice in a table', (document) => {
  for (const [table] of read(document).matchAll(/(?:^\|.*\n)+/gm)) {
    const names = table
      .trimEnd()
      .split('\n')
      .map((row) => row.split(/(?<!\\)\|/)[1]?.trim() ?? '')
      .filter((name) => name !== '' && !name.startsWith('the same'));
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  }
});

test.each(DOCUMENTS)('%s uses no retired word', (document) => {
  expect(retiredIn(read(document))).toEqual([]);
});

test('no code uses a retired word, in names or in comments', () => {
  const files = codeFiles();
  expect(files.length).toBeGreaterThan(500);
  expect(files.flatMap((file) => retiredIn(read(file)).map((use) => `${file}:${use}`))).toEqual([]);
});

test.each([...DOCUMENTS.map((document): [string, string] => [document, read(document)]), ...helpTexts()])(
  `%s has no sentence of more than ${WORDS_MAX} words`,
  (_, text) => {
    expect(longSentencesIn(text)).toEqual([]);
  },
);

describe('ARCHITECTURE.md', () => {
  it.each([
    ['From standard input to the disk', 27],
    ['One `--exec` delivery', 25],
  ])('walks "%s" through fewer than %i files, each once', (heading, filesMax) => {
    const section = read('ARCHITECTURE.md').split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
    const files = captures(section, /^\d+\. `([\w./-]+)`/gm);
    expect(files).toHaveLength(captures(section, /^(\d+)\. /gm).length);
    expect(new Set(files).size).toBe(files.length);
    expect(files.length).toBeGreaterThan(10);
    expect(files.length).toBeLessThan(filesMax);
  });
});

describe('docs/decisions', () => {
  const decisions = readdirSync(join(ROOT, 'docs/decisions')).filter((name) => name !== 'README.md');

  it('numbers the decisions from 1 without a gap, in names and titles', () => {
    const numbers = decisions.map((_, at) => String(at + 1).padStart(4, '0'));
    expect(decisions.map((name) => name.slice(0, 4))).toEqual(numbers);
    expect(decisions.map((name) => read(join('docs/decisions', name)).slice(2, 6))).toEqual(numbers);
  });

  it('has a line for each in its index', () => {
    expect(captures(read('docs/decisions/README.md'), /^\| \[\d{4}\]\(([\w.-]+)\)/gm)).toEqual(decisions);
  });
});

describe('the checks of documents', () => {
  it('find a retired word or identifier with its line, and leave longer words alone', () => {
    const text =
      'A storyteller amends\ntold of the Flight; Tell me.\n`tailTold`, MOST_SEATS, so many\n#land(x); type Fed = 1';
    expect(retiredIn(text)).toEqual([
      '2: Flight',
      '2: told',
      '2: Tell',
      '3: so many',
      '3: Told',
      '3: SEATS',
      '4: #land',
      '4: type Fed',
    ]);
  });

  it('count the words of each sentence, across lines, and not those of code', () => {
    const text =
      'One two\nthree. Four (`five.ts` six).\n\n```sh\nnot counted at all\n```\n\n    nor is this\n    or this\n\n- seven eight\n- nine | ten';
    expect(sentencesOf(text).map(wordsIn)).toEqual([3, 3, 2, 1, 1]);
  });
});
