import { expect, test } from 'vitest';
import { earthquakeLedger, succeed } from '../support/ledger-cli.ts';
import { quick } from '../support/test-size.ts';

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Pacific/Apia'];
const LANGUAGES = ['de_DE.UTF-8', 'en_US.UTF-8'];

test('a range of dates is the same in every time zone and locale', async () => {
  const ledger = await earthquakeLedger();
  const digests = new Set<string>();
  for (const [at, TZ] of ZONES.entries()) {
    // a language for each zone, and in a soak each with each
    for (const LANG of quick([LANGUAGES[at % LANGUAGES.length]], LANGUAGES)) {
      const env = { ...process.env, TZ, LANG, LC_ALL: LANG };
      const { stderr } = await succeed(
        ['replay', '--json', '--from', '2018-02-01', '--through', '2018-02-03', '-l', ledger],
        { env },
      );
      digests.add(JSON.parse(stderr).digest);
    }
  }
  expect(digests.size).toBe(1);
});
