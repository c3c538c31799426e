/** Checks the documents: the paths they name exist, retired words do not return, and the README's sentences are short. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Where paths in the text begin: mostly at the root. */
const BASES = ['', 'src', 'src/core'];

const DOCUMENTS = ['', 'docs', 'docs/decisions', 'bench'].flatMap(documentsIn);

/** Words with a plainer synonym. CONTRIBUTING.md has the rule. */
const RETIRED_WORDS = [
  ...['tell', 'tells', 'told', 'telling', 'retell', 're-tell', 're-told', 're-tells', 'retold'],
  ...['whoever', 'whomever', 'whatever else', 'those who', 'he who', 'himself', 'herself'],
  ...[
    'anew',
    'for ever',
    'nonetheless',
    'mend',
    'mends',
    'mended',
    'mending',
    'in hand',
    'stand behind',
    'stood behind',
  ],
  ...['deed', 'so many', 'dies of', 'deadly', 'rehearse', 'rehearses', 'rehearsal', 'conveyor', 'judge', 'judges'],
];

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

/** Each use of a retired word, as `line: word`. */
function retiredIn(text: string): string[] {
  const words = new RegExp(`(?<![\\w-])(?:${RETIRED_WORDS.join('|')})(?![\\w-])`, 'gi');
  const identifiers = new RegExp(`(?<!\\w)(?:${RETIRED_IDENTIFIERS.join('|')})(?!\\w)`, 'g');
  return text
    .split('\n')
    .flatMap((line, at) =>
      [words, identifiers].flatMap((pattern) => [...line.matchAll(pattern)].map(([word]) => `${at + 1}: ${word}`)),
    );
}

/** Sentences of prose: of paragraphs, list items, headings and cells of tables, and not of code. */
function sentencesOf(markdown: string): string[] {
  return markdown
    .replace(/^```[\s\S]*?^```$/gm, '')
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

test.each(DOCUMENTS)('%s uses no retired word', (document) => {
  expect(retiredIn(read(document))).toEqual([]);
});

describe('the README', () => {
  it(`has no sentence of more than ${WORDS_MAX} words`, () => {
    expect(sentencesOf(read('README.md')).filter((sentence) => wordsIn(sentence) > WORDS_MAX)).toEqual([]);
  });
});

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

describe('the checks of documents', () => {
  it('find a retired word or identifier with its line, and leave longer words alone', () => {
    expect(retiredIn('A storyteller\ntold of the Conveyor; Tell me.\n`TellingReport`, mending')).toEqual([
      '2: told',
      '2: Conveyor',
      '2: Tell',
      '2: Conveyor',
      '3: mending',
      '3: TellingReport',
    ]);
  });

  it('count the words of each sentence, across lines, and not those of code', () => {
    const text =
      'One two\nthree. Four (`five.ts` six).\n\n```sh\nnot counted at all\n```\n\n- seven eight\n- nine | ten';
    expect(sentencesOf(text).map(wordsIn)).toEqual([3, 3, 2, 1, 1]);
  });
});
