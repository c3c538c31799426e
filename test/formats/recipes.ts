/** How the kept ledgers of `fixtures/ledgers` are made: the commands of each, in order. Together they use every rule, table and column. */

interface Step {
  /** Without `-l LEDGER`, which is added. */
  readonly args: readonly string[];
  readonly input?: string;
  /** Exit codes that are accepted; default only 0. */
  readonly codes?: readonly number[];
}

export interface Recipe {
  readonly name: string;
  readonly steps: readonly Step[];
  /** Without a time field times are those of the making, so that only their order can be compared. */
  readonly hasArrivalTimes?: boolean;
}

/** Payloads that a parser and printer of JSON would change: large integers, escapes, blanks, order of keys, characters beyond 16 bits. */
const ORDERS = [
  '{"at":"2026-01-05T10:00:00Z","id":"o1","tenant":"acme","topic":"order","amount":12}',
  '{"tenant":"initech", "id":"o2","at":"2026-01-05T10:00:00.000250Z","topic":"order","amount":99.50}',
  '{"id":"o3","at":1767607201,"tenant":"acme","topic":"invoice","amount":12345678901234567890}',
  '{"at":"2026-01-05T11:00:02+01:00","id":"o4","tenant":"caf\\u00e9 \u{1f41f}","topic":"order","amount":1e2}',
  '{"at":"2026-01-05T09:00:00Z","id":"o5","tenant":"acme","topic":"order","amount":-0.5,"note":"late"}',
  '{"at":"2026-01-05T10:00:03Z","id":"o6","tenant":17,"topic":"invoice","amount":1000}',
];
const MORE = [
  '{"at":"2026-01-05T10:05:00Z","id":"m1","tenant":"globex","topic":"order","amount":5}',
  '{"at":"2026-01-05T10:05:01Z","id":"m2","tenant":"initech","topic":"a\\"b","amount":500,"list":[1, 2,{"z":0,"a":null}]}',
  '{"at":"2026-01-05T10:05:02Z","id":"m3","tenant":"hooli","topic":"order","amount":100}',
];
const KEYLESS = ['{"at":"2026-01-05T10:06:00Z","id":"k1"}', '{"at":"2026-01-05T10:06:01Z","id":"k2","tenant":null}'];
const LATER = [
  '{"at":"2026-01-05T10:10:00Z","id":"l1","tenant":"acme","topic":"order","amount":7}',
  '{"at":"2026-01-05T10:10:01Z","id":"l2","tenant":"globex","topic":"invoice","amount":250}',
  '{"at":"2026-01-05T10:10:02Z","id":"l3","tenant":"umbrella","topic":"order","amount":1}',
];

const SHOALS = [
  '{"at":1767607200,"shoal":"north-sea","n":1}',
  '{"at":1767607201,"shoal":"herring","n":2}',
  '{"at":1767607201,"shoal":"\\u0030.2_3","n":3}',
  '{"at":1767607202,"shoal":"herring","n":4}',
];

function session(name: string, minute: number): string {
  return JSON.stringify({ at: `2026-01-05T10:${String(minute).padStart(2, '0')}:00Z`, session: name });
}

const FIRST_SESSIONS = ['ann', 'bob', 'cyd', 'ann', 'dan'].map((name, at) => session(name, at));
/** Ann returns after 30 minutes of idle time and is assigned again; bob was seen meanwhile. */
const NEXT_SESSIONS = [session('bob', 20), session('ann', 40), session('eve', 41), session('bob', 42)];

/** Enough in one commit for their pins to be stored as a run. */
const MANY_SESSIONS = ['bob', 'cyd', 'dan', 'eve', 'fay', 'gus', 'hal', 'ida', 'joe', 'zoë', 'bob'].map((name, at) =>
  session(name, 3 + at),
);

const lines = (payloads: readonly string[]) => payloads.map((payload) => `${payload}\n`).join('');

/** A group that is read to the head, and parks the events whose payload matches. */
function consumed(group: string, failing: string): Step {
  return {
    args: [
      ...['tail', '--group', group, '--exit-at-head', '--batch', '3', '--max-deliver', '2', '--backoff', '1ms'],
      ...['--exec', `! grep -q ${failing}`],
    ],
    // 0 before there was an exit code for parked events
    codes: [0, 5],
  };
}

export const RECIPES: readonly Recipe[] = [
  {
    name: 'hash',
    steps: [
      {
        args: [
          ...['init', '--routing', 'hash:tenant', '--partitions', '2'],
          ...['--time', 'at', '--unique', 'id', '--missing', 'none'],
        ],
      },
      { args: ['emit', '-q'], input: lines(ORDERS) },
      { args: ['partition', 'add', 'p9'] },
      { args: ['emit', '-q', '--producer', 'feed'], input: lines([...MORE, ORDERS[0] as string]) },
      { args: ['partition', 'place', 'acme', 'p9'] },
      { args: ['emit', '-q'], input: lines(KEYLESS) },
      { args: ['partition', 'reroute', 'hash:tenant', '--partitions', '2', '--missing', 'none'] },
      { args: ['emit', '-q', '--to', 'p0'], input: lines(LATER.slice(0, 1)) },
      { args: ['emit', '-q', '--key', 'given'], input: lines(LATER.slice(1, 2)) },
      { args: ['emit', '-q', '--producer', 'feed'], input: lines([...MORE, ORDERS[0] as string, LATER[2] as string]) },
      consumed('mailer', 'initech'),
      { args: ['group', 'parked', 'mailer', '--redeliver', '2'] },
      consumed('auditor', 'invoice'),
      { args: ['group', 'reset', 'auditor', '--from-sequence', '8', '--yes'] },
    ],
  },
  {
    name: 'whole',
    hasArrivalTimes: true,
    steps: [
      {
        args: ['init', '--partitions', '2', '--durability', 'normal', '--determinism', 'relaxed', '--max-line', '256'],
      },
      { args: ['emit', '-q'], input: lines(['1', '"two"', '[3, 3.0]', 'null', '{"a":{"a":{"a":[]}}}', '""', '-0']) },
      { args: ['emit', '-q', '--atomic'], input: lines(['true', '"\\ud83d\\udc1f"', '1e400']) },
    ],
  },
  {
    name: 'range',
    steps: [
      {
        args: [
          ...['init', '--routing', 'range:amount=10,100.5', '--partitions', 'low,mid,high'],
          ...['--missing', 'none', '--time', 'at'],
        ],
      },
      { args: ['emit', '-q'], input: lines([...ORDERS, ...KEYLESS]) },
      { args: ['partition', 'reroute', 'range:tenant=h', '--partitions', 'low,high', '--missing', 'none'] },
      { args: ['emit', '-q'], input: lines(MORE) },
      { args: ['partition', 'reroute', 'range:at=2026-01-05T10:10:01Z', '--partitions', 'before,since'] },
      { args: ['emit', '-q'], input: lines(LATER) },
    ],
  },
  {
    name: 'composite',
    steps: [
      { args: ['init', '--routing', 'composite:tenant+topic', '--partitions', '3', '--time', 'at'] },
      { args: ['emit', '-q'], input: lines(ORDERS) },
      { args: ['partition', 'place', 'acme+order', 'p2', '["initech","a\\"b"]', 'p1'] },
      { args: ['emit', '-q', '--producer', 'feed', '--atomic'], input: lines(MORE) },
    ],
  },
  {
    name: 'manual',
    steps: [
      { args: ['init', '--routing', 'manual:shoal', '--partitions', 'north-sea,herring,0.2_3', '--time', 'at'] },
      { args: ['emit', '-q'], input: lines(SHOALS) },
      { args: ['partition', 'add', 'cod'] },
      { args: ['emit', '-q'], input: lines(['{"at":1767607300,"shoal":"cod","n":5}']) },
      consumed('boats', 'herring'),
    ],
  },
  {
    name: 'sticky',
    steps: [
      { args: ['init', '--routing', 'sticky:session,idle=30m', '--partitions', '3', '--time', 'at'] },
      { args: ['emit', '-q'], input: lines(FIRST_SESSIONS) },
      { args: ['partition', 'add', 'p7'] },
      { args: ['emit', '-q'], input: lines(NEXT_SESSIONS) },
    ],
  },
  {
    name: 'sessions',
    steps: [
      { args: ['init', '--routing', 'sticky:session,idle=30m', '--partitions', '3', '--time', 'at'] },
      { args: ['emit', '-q'], input: lines([session('ann', 0), session('bob', 1)]) },
      { args: ['emit', '-q'], input: lines(MANY_SESSIONS) },
      { args: ['emit', '-q'], input: lines([session('cyd', 50), session('ann', 51), session('zoë', 52)]) },
    ],
  },
];
