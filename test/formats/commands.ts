/** The commands whose outputs are kept: over every ledger, over some, and those that are refused. */

import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Command } from './transcript.ts';

const all = (...lines: string[]): Command[] => lines.map((line) => ({ args: line.split(' ') }));

/** Over each ledger. */
export const COMMON: readonly Command[] = all(
  'replay',
  'replay -o envelope --json',
  'replay -q -o pretty --from-sequence 2 --through-sequence 4',
  'replay -q --determinism relaxed --through-sequence 3',
  'replay --dry-run --json --from-sequence 3',
  'tail -n 2 -o envelope',
  'inspect',
  'inspect --json',
  'inspect --verify',
  'inspect --verify --json',
  'inspect --sequence 3',
  'inspect --sequence 3 --json',
  'group',
  'partition',
  'partition --json',
);

const EVENT = '{"at":"2026-01-05T10:20:00Z","id":"n1","tenant":"acme","topic":"order","amount":3}\n';
/** Also in years from now, when the kept ledgers are old. */
const EMIT = ['emit', '--trust-clock'];

/** Over one ledger. */
export const SPECIAL: Readonly<Record<string, readonly Command[]>> = {
  hash: [
    ...all(
      'group --json',
      'group show mailer',
      'replay -q --key acme -o envelope',
      'replay -q --where amount>=99.5 --partition p0',
      'replay --from 2026-01-05T10:05:00Z --through 2026-01-05T10:06:00Z',
      'group reset mailer --from-sequence 3 --json',
      'group reset mailer --from-sequence 3',
      'group reset mailer --from end --json --yes',
      'group skip auditor p0 --json',
      'group delete auditor --json',
      'group parked mailer',
      'group parked mailer --drop all --yes',
      'tail --group mailer --exit-at-head -o envelope',
      'tail --group auditor --exit-at-head --batch 10 --exec cat',
      'partition explain acme globex 17 --json',
      'partition explain acme',
      'partition add more --json',
      'partition reroute hash:topic --dry-run --json',
      'partition reroute composite:tenant+topic --missing none --json',
    ),
    { args: [...EMIT, '--receipts'], input: `${EVENT}${EVENT}` },
    { args: [...EMIT, '--json', '--producer', 'other'], input: EVENT },
    { args: [...EMIT, '--key', 'given', '--json'], input: EVENT },
    { args: [...EMIT, '--rejects', 'rejects.jsonl'], input: `{"id":\n${EVENT}` },
  ],
  range: all('partition explain 9 10 100.50 1e2 --json', 'partition reroute range:amount=1 --missing none --dry-run'),
  composite: all('partition explain acme+order --json', 'replay -q --key acme+order -o envelope'),
  sticky: [
    { args: [...EMIT, '--receipts'], input: '{"at":"2026-01-05T10:43:00Z","session":"ann"}\n' },
    ...all('partition explain ann zoe --json'),
  ],
  manual: all('group parked boats', 'tail herring cod -n all'),
};

const OTHER_BYTES = EVENT.replace('"n1"', '"o1"');
const OTHER_HEAD = `3:${'0'.repeat(64)}`;

function withSql(sql: string): (directory: string) => void {
  return (directory) => {
    const db = new Database(join(directory, 'hash.codex'));
    db.exec(sql);
    db.close();
  };
}

/** Changes one byte of the first payload in the file. */
function withOtherPayload(directory: string): void {
  const path = join(directory, 'hash.codex');
  const bytes = readFileSync(path);
  bytes[bytes.indexOf('"amount":12}') + 9] = 0x39;
  writeFileSync(path, bytes);
}

function refused(args: readonly string[], more: Omit<Command, 'args' | 'isCodeOnly'> = {}): Command {
  return { args, isCodeOnly: true, ...more };
}

/** Over the ledger `hash`; scripts branch on the exit codes, so these are kept without the messages. */
export const REFUSED: readonly Command[] = [
  refused(['inspect', '--verify'], { prepare: withOtherPayload }),
  refused(['replay', '-q'], { prepare: withOtherPayload }),
  refused(['inspect', '--verify', '--expect-head', OTHER_HEAD]),
  refused(['replay', '-q', '--expect-digest', '0'.repeat(64)]),
  refused(['replay', '-q', '--from', 'then']),
  refused(['replay', '-q', '--from-sequence', '5', '--through-sequence', '2']),
  refused(['tail', 'nowhere']),
  refused(['group', 'parked', 'nobody']),
  refused(['group', 'parked', 'mailer', '--redeliver', '3']),
  refused(['tail', '--wrong-flag']),
  refused(['wrong-verb']),
  refused(['inspect', '--sequence', '99']),
  refused(['partition', 'reroute', 'hush:tenant']),
  refused(['partition', 'add', 'p0']),
  refused(['emit'], { input: '{"at":\n' }),
  refused(['emit'], { input: '{"id":"n2"}\n' }),
  refused(['emit', '--late', 'reject'], { input: '{"at":"2026-01-01T00:00:00Z","id":"n3","tenant":"acme"}\n' }),
  refused(['emit', '--trust-clock'], { input: OTHER_BYTES }),
  refused(['emit', '--trust-clock', '--producer', 'feed'], { input: EVENT }),
  refused(['emit', 'nowhere.jsonl']),
  refused(['init']),
  refused(['init', '--routing', 'hash:tenant', '-l', 'nowhere/new.codex']),
  refused(['inspect', '-l', 'nowhere.codex']),
  refused(['inspect', '-l', 'text.codex'], {
    prepare: (directory) => writeFileSync(join(directory, 'text.codex'), 'not a ledger\n'.repeat(100)),
  }),
  refused(['inspect'], { prepare: withSql('PRAGMA user_version = 99') }),
  refused(['inspect'], { prepare: withSql('CREATE TRIGGER t AFTER INSERT ON commits BEGIN SELECT 1; END') }),
  refused(['inspect'], { prepare: (directory) => truncateSync(join(directory, 'hash.codex'), 50_000) }),
  refused(['replay', '-q', '--exec', 'exit 9']),
  refused(['tail', '--group', 'new', '--exit-at-head', '--max-deliver', '1', '--exec', '! grep -q initech']),
  refused(['group', 'reset', 'nobody', '--from', 'start', '--yes']),
];
