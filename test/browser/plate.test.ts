/** The plate in a real browser: Debian's `chromium`. Without it these tests are skipped. */

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { CommandFailure, Completengine, hashOf } from '../../src/index.ts';
import { chromiumPath, openPage, stopChromium } from '../support/chromium.ts';
import { earthquakeLedger, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

afterAll(stopChromium);

const NOTHING_DONE = { messages: [], requests: [], actions: [] };

const CHECKS = readFileSync(new URL('page-checks.js', import.meta.url), 'utf8');

/** What a check finds in the page. */
function checked(page: Page, check: string): Promise<unknown> {
  return page.evaluate(`${CHECKS}; pageChecks.${check}`);
}

let earthquakes: Promise<string> | undefined;

/** The page of the earthquakes, made once. */
function earthquakePage(): Promise<string> {
  earthquakes ??= earthquakeLedger().then(pageOf);
  return earthquakes;
}

/** The page of a ledger. */
async function pageOf(ledger: string): Promise<string> {
  const file = join(tempDir(), 'page.html');
  await succeed(['inspect', '-l', ledger, '--html', file]);
  return readFileSync(file, 'utf8');
}

describe.skipIf(chromiumPath === null)('the plate', () => {
  it('fits every width, in light and in dark, and asks for nothing', async () => {
    const opened = await openPage(await earthquakePage());
    const { page } = opened;
    for (const width of [400, 800, 1600])
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        const seen = { width: await checked(page, 'width()'), leaving: await checked(page, 'leavingThePage()') };
        const read = { pale: await checked(page, 'lowContrast()'), meeting: await checked(page, 'overlapping()') };
        const faults = { leaving: [], pale: [], meeting: [] };
        expect({ ...seen, ...read }, `${width} px, ${colorScheme}`).toEqual({ width, ...faults });
      }
    expect(opened).toMatchObject(NOTHING_DONE);
  });

  it('is read as text: title, sentence, figures and payloads', async () => {
    const { page } = await openPage(await earthquakePage());
    expect(await page.title()).toBe('events.codex: ledger report');
    const text = await checked(page, 'selectedText()');
    expect(text).toContain('1,707 events over 7 d in 8 partitions.');
    expect(text).toContain('Sound: the whole chain was verified.');
    expect(text).toContain('{"type":"Feature","properties":{"mag":2');
    expect(await checked(page, 'titles()')).toEqual([
      'events.codex',
      ...['Over time', 'Partitions', 'Groups', 'Commits and lateness', 'Producers', 'Storage', 'The last events'],
    ]);
    expect(await checked(page, 'danglingLinks()')).toEqual([]);
  });

  it('shows a hostile ledger as text, and does nothing that it asks for', async () => {
    const opened = await openPage(await pageOf(await hostileLedger()));
    const { page } = opened;
    for (const width of [400, 800, 1600]) {
      await page.setViewportSize({ width, height: 900 });
      const seen = { width: await checked(page, 'width()'), leaving: await checked(page, 'leavingThePage()') };
      const meeting = await checked(page, 'overlapping()');
      expect({ ...seen, meeting }, `${width} px`).toEqual({ width, leaving: [], meeting: [] });
    }
    expect(await checked(page, 'activeElements()')).toEqual([]);
    const text = await checked(page, 'allText()');
    expect(text).not.toMatch(ACTING);
    expect(text).toContain('</script><img src=x onerror=alert(1)>');
    expect(opened).toMatchObject(NOTHING_DONE);
  });

  it('its policy forbids what a forged page would do', async () => {
    const forged = (await earthquakePage()).replace(
      '</main>',
      '<script>alert(1)</script><img src="http://other.test/x.png"><p style="color:red">x</p></main>',
    );
    const { messages, requests, actions } = await openPage(forged);
    expect(messages.filter((message) => message.includes('Content Security Policy'))).toHaveLength(3);
    expect({ requests, actions }).toEqual({ requests: [], actions: [] });
  });
});

const MARKUP = '</script><img src=x onerror=alert(1)><svg onload=alert(2)><style>*{display:none}</style>"\'`';
// biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
const ACTING = /[\u202a-\u202e\u2066-\u2069\u200b\ufeff\u001b\u009b]/;
const UNSEEN = '\u202e\u2066\u200b\ufeff\u0000\u001b[31m\u009b';

/** Everything that a stranger can choose holds markup, controls and marks of direction, and is long. */
async function hostileLedger(): Promise<string> {
  const directory = join(tempDir(), '<img src=x onerror=alert(3)>"');
  mkdirSync(directory);
  const ledger = join(directory, `<b onclick=alert(4)>${'long'.repeat(30)}\u202e.codex`);
  const engine = await Completengine.open({ ledger, routing: hashOf('<script>alert(5)</script>'), time: 'at' });
  onTestFinished(() => engine.close());
  const partitions = ['w', 'm'].map((letter) => letter.repeat(64));
  const wide = partitions.map((partition, at) => ({ key: `wide ${at}`, partition }));
  // three epochs in a fifth of the axis: their names have no room
  for (const [at, hour] of [0, 60, 70].entries()) {
    if (at === 1) await engine.partitioning.add(partitions);
    if (at === 2) await engine.partitioning.place(wide);
    await engine.emit(hostileEvents(hour));
  }
  await engine.emit(hostileEvents(80));
  const subscription = await engine.subscribe(
    { group: 'g'.repeat(60), maxDeliver: 1, batch: 1, until: { head: true }, onParked: () => {} },
    () => {
      throw new CommandFailure(`${MARKUP}${UNSEEN}`, `${'y'.repeat(400)}\n${MARKUP}${UNSEEN}`);
    },
  );
  await subscription.finished;
  return ledger;
}

/** Half of them of keys that have partitions with wide names. */
function hostileEvents(hour: number): object[] {
  return Array.from({ length: 30 }, (_, at) => ({
    '<script>alert(5)</script>': at % 2 === 0 ? `wide ${at % 4 === 0 ? 0 : 1}` : `${MARKUP}${UNSEEN}${at}`,
    [`${MARKUP}`]: `${UNSEEN}${MARKUP}${'x'.repeat(300)}`,
    at: new Date(Date.UTC(2026, 3, 12, hour, at)).toISOString(),
  }));
}
