/** Changes bytes of any of the files: flipped bits, exchanged pages, cut and lengthened files, and files of other ledgers in their places. */

import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Seeded } from '../../support/seeded.ts';
import { type Family, type Site, strangerOf } from './damage.ts';
import { ARCHIVE, LEDGER, type Original } from './originals.ts';

const HEADER_BYTES = 100;

/** Any of the files; the ledger itself most of the time. */
function fileOf({ original }: Site, random: Seeded): string {
  return random.unit() < 0.5 ? LEDGER : random.pick([...original.files.keys()]);
}

function rewrite(
  site: Site,
  random: Seeded,
  change: (bytes: Buffer, pageBytes: number) => string | null,
): string | null {
  const name = fileOf(site, random);
  const path = join(site.directory, name);
  const bytes = readFileSync(path);
  const done = change(bytes, name.startsWith(ARCHIVE) || site.original.isSegment ? 4096 : 16384);
  if (done === null) return null;
  writeFileSync(path, bytes, { mode: 0o600 });
  return `${name}: ${done}`;
}

/** Half of them where a bit means most: in the header, and at the beginnings of pages. */
function flips(bytes: Buffer, pageBytes: number, random: Seeded): string {
  const pages = Math.ceil(bytes.length / pageBytes);
  const done = Array.from({ length: random.pick([1, 1, 1, 8]) }, () => {
    const at = random.pick([
      () => random.between(0, bytes.length - 1),
      () => random.between(0, Math.min(HEADER_BYTES, bytes.length) - 1),
      () => Math.min(bytes.length - 1, random.between(0, pages - 1) * pageBytes + random.between(0, 40)),
    ])();
    bytes[at] = (bytes[at] as number) ^ (1 << random.between(0, 7));
    return at;
  });
  return `bits flipped in bytes ${done.join(', ')}`;
}

/** Pages or frames of a log: exchanged, written twice, zeroed, or of noise. */
function pages(bytes: Buffer, pageBytes: number, random: Seeded): string | null {
  const last = Math.floor(bytes.length / pageBytes) - 1;
  if (last < 1) return null;
  const [one, other] = [random.between(0, last), random.between(0, last)];
  const page = (at: number): Buffer => bytes.subarray(at * pageBytes, (at + 1) * pageBytes);
  const kind = random.pick(['exchanged', 'doubled', 'zeroed', 'noise'] as const);
  const kept = Buffer.from(page(one));
  if (kind === 'exchanged' || kind === 'doubled') page(other).copy(page(one));
  if (kind === 'exchanged') kept.copy(page(other));
  if (kind === 'zeroed') page(one).fill(0);
  if (kind === 'noise') for (let at = 0; at < pageBytes; at++) page(one)[at] = random.between(0, 255);
  return `page ${one} ${kind} ${kind === 'exchanged' || kind === 'doubled' ? `with page ${other}` : ''}`;
}

function resize(site: Site, random: Seeded): string {
  const name = fileOf(site, random);
  const path = join(site.directory, name);
  const bytes = readFileSync(path);
  const length = random.pick([
    () => 0,
    () => random.between(0, HEADER_BYTES),
    () => random.between(0, bytes.length),
    () => Math.floor(random.between(0, bytes.length) / 4096) * 4096,
    () => bytes.length + random.between(1, 20_000),
  ])();
  writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(20_000)]).subarray(0, length), { mode: 0o600 });
  return `${name}: ${length} of ${bytes.length} bytes`;
}

/** What stands beside a ledger of another, or is none: logs, shared memory, journals, directories, links in a circle. */
function beside(site: Site, random: Seeded): string {
  const stranger = strangerOf(site, random);
  const wal = site.originals.find(({ files }) => files.has(`${LEDGER}-wal`)) as Original;
  const log = wal.files.get(`${LEDGER}-wal`) as Buffer;
  const put = (end: string, bytes: Buffer): void =>
    writeFileSync(join(site.directory, `${LEDGER}${end}`), bytes, { mode: 0o600 });
  const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, () => random.between(0, 255)));
  const changes: Record<string, () => void> = {
    'the log of another ledger': () => put('-wal', log),
    'half of the log of another ledger': () => put('-wal', log.subarray(0, random.between(0, log.length))),
    'noise as its log': () => put('-wal', noise(5000)),
    'noise as its shared memory': () => put('-shm', noise(32_768)),
    'noise as its journal': () => put('-journal', noise(5000)),
    'the log of another as its journal': () => put('-journal', log),
    'no log': () => rmSync(join(site.directory, `${LEDGER}-wal`), { force: true }),
    'a directory as its log': () => remake(join(site.directory, `${LEDGER}-wal`), mkdirSync),
    'a link to itself as its log': () =>
      remake(join(site.directory, `${LEDGER}-wal`), (path) => symlinkSync(path, path)),
    'the archive of another ledger': () => {
      rmSync(join(site.directory, ARCHIVE), { recursive: true, force: true });
      for (const [name, bytes] of stranger.files)
        if (name.startsWith(ARCHIVE)) putFile(join(site.directory, name), bytes);
    },
    'a file as its archive': () => remake(join(site.directory, ARCHIVE), (path) => writeFileSync(path, 'x')),
    'a link to itself as its archive': () => remake(join(site.directory, ARCHIVE), (path) => symlinkSync(path, path)),
    'another ledger in its place': () => putFile(site.ledger, stranger.files.get(LEDGER) as Buffer),
    'a segment in its place': () => {
      const archived = site.originals.find(({ name }) => name === 'archived') as Original;
      const [, bytes] = [...archived.files].find(([name]) => name.startsWith(ARCHIVE)) as [string, Buffer];
      putFile(site.ledger, bytes);
    },
    'the ledger as its segments': () => {
      for (const name of site.original.files.keys())
        if (name.startsWith(ARCHIVE)) putFile(join(site.directory, name), readFileSync(site.ledger));
    },
    'segments exchanged': () => {
      const names = [...site.original.files.keys()].filter((name) => name.startsWith(ARCHIVE));
      for (const [at, name] of names.entries())
        putFile(join(site.directory, name), site.original.files.get(names.at(at - 1) as string) as Buffer);
    },
  };
  const what = random.pick(Object.keys(changes));
  changes[what]?.();
  return what;
}

function putFile(path: string, bytes: Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes, { mode: 0o600 });
}

function remake(path: string, make: (path: string) => unknown): void {
  if (existsSync(path)) rmSync(path, { recursive: true, force: true });
  make(path);
}

export const BYTES: readonly Family[] = [
  {
    name: 'bits',
    share: 8,
    damage: (site, random) =>
      rewrite(site, random, (bytes, page) => (bytes.length === 0 ? null : flips(bytes, page, random))),
  },
  {
    name: 'pages',
    share: 5,
    damage: (site, random) => rewrite(site, random, (bytes, page) => pages(bytes, page, random)),
  },
  { name: 'size', share: 4, damage: resize },
  { name: 'beside', share: 5, damage: beside },
];
