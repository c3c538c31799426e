/** The plate in a real browser: Debian's `chromium`. Without it these tests are skipped. */

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { CommandFailure, Completengine, hashOf } from '../../src/index.ts';
import { chromiumPath, type OpenedPage, openPage, stopChromium } from '../support/chromium.ts';
import { earthquakeLedger, newLedger, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

afterAll(stopChromium);

const NOTHING_DONE = { messages: [], requests: [], actions: [] };

const CHECKS = readFileSync(new URL('page-checks.js', import.meta.url), 'utf8');

/** What a check finds in the page. */
function checked(page: Page, check: string): Promise<unknown> {
  return page.evaluate(`${CHECKS}; pageChecks.${check}`);
}

let html: Promise<string> | undefined;
let opened: Promise<OpenedPage> | undefined;

/** The page of the earthquakes, made once. */
function earthquakeHtml(): Promise<string> {
  html ??= earthquakeLedger().then(pageOf);
  return html;
}

/** Opened once: a test leaves it as it was loaded, but for its size and its colours. */
function earthquakePage(): Promise<OpenedPage> {
  opened ??= earthquakeHtml().then(openPage);
  return opened;
}

/** The page of a ledger. */
async function pageOf(ledger: string, ...options: string[]): Promise<string> {
  const file = join(tempDir(), 'page.html');
  await succeed(['inspect', '-l', ledger, '--html', file, ...options]);
  return readFileSync(file, 'utf8');
}

/** From the narrowest that reflow is asked of (WCAG 1.4.10). */
const WIDTHS = [320, 400, 760, 800, 1600];
const FAULTLESS = { width: 0, leaving: [], pale: [], meeting: [] };

async function expectFaultless(page: Page, width: number, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme });
  expect(await checked(page, 'faults()'), `${width} px, ${colorScheme}`).toEqual(FAULTLESS);
}

describe.skipIf(chromiumPath === null)('the plate', () => {
  it('fits every width, has contrast in light and in dark, and asks for nothing', async () => {
    const quakes = await earthquakePage();
    for (const width of WIDTHS)
      for (const colorScheme of ['light', 'dark'] as const) await expectFaultless(quakes.page, width, colorScheme);
    expect(quakes).toMatchObject(NOTHING_DONE);
  });

  it('is read as text: title, sentence, figures and payloads', async () => {
    const { page } = await earthquakePage();
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

  it('has a sentence of figures for each chart, and nothing that moves', async () => {
    const { page } = await earthquakePage();
    expect(await checked(page, 'silentDrawings()')).toEqual([]);
    const tree = await page.locator('main').ariaSnapshot();
    expect(tree).toContain('img "1,707 events in 85 buckets of 2 h, from 31 Jan 01:');
    expect(tree).toContain('img "Epochs: 1: hash:properties.net over 8, from 31 Jan');
    expect(tree).toContain('img "Events in a commit. below 2: 0, 2 to 10: 0, 10 to 100: 0, 100 to 1k: 0, 1k to 10k: 1');
    expect(tree).toMatch(/row "p2 419 24\.5 % .*×1\.96/);
    expect(await checked(page, 'moving()')).toEqual([]);
  });

  it('is used by the keyboard: what is reached is marked, followed and unfolded', async () => {
    const { page } = await earthquakePage();
    const reachable = (await checked(page, 'reachable()')) as string[];
    expect(reachable).toHaveLength(2);
    const reached: unknown[] = [];
    for (const _ of reachable) {
      await page.keyboard.press('Tab');
      reached.push(await checked(page, 'focused()'));
    }
    expect(reached).toEqual(reachable.map((element) => ({ element, isMarked: true })));
    await page.keyboard.press('Space');
    await page.keyboard.press('Tab');
    expect(await checked(page, 'focused()')).toMatchObject({ element: expect.stringContaining('role="region"') });
    expect(await checked(page, `seen('details[open] tbody tr')`)).toHaveLength(85);
    await expectFaultless(page, 400, 'light');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Space');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    expect(page.url()).toMatch(/#partitions$/);
    expect(await checked(page, `seen(':target > h2')`)).toEqual(['<h2>Partitions</h2>']);
  });

  it('is printed on white paper, without what only a screen can unfold', async () => {
    const { page } = await earthquakePage();
    // A4 within its margins
    await page.setViewportSize({ width: 688, height: 1017 });
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    onTestFinished(() => page.emulateMedia({ media: 'screen', colorScheme: 'light' }));
    expect(await checked(page, 'paper()')).toBe('rgb(255, 255, 255)');
    expect(await checked(page, 'faults()')).toEqual(FAULTLESS);
    expect(await checked(page, `seen('.figures')`)).toEqual([]);
    expect(await checked(page, `seen('.leaders')`)).toHaveLength(1);
  });

  it('has its axis and all its times in the zone of --tz, and names it in each section that has times', async () => {
    const { page } = await openPage(await pageOf(await ledgerWithAllTimes(), '--tz', 'Europe/Berlin'));
    expect(await checked(page, `labels('#time .chart')`)).toEqual([
      '11 Jan',
      '02:00',
      '04:00',
      '06:00',
      '08:00',
      '10:00',
    ]);
    const sections = (await checked(page, 'sectionsWithTimes()')) as { id: string; text: string }[];
    expect(sections.map(({ id }) => id)).toEqual(['', 'time', 'partitions', 'groups', 'producers', 'last']);
    for (const { id, text } of sections) expect(text, id).toContain('Europe/Berlin');
    expect(await checked(page, 'allText()')).not.toContain('UTC');
    expect(await page.locator('.failure').allInnerTexts()).toEqual([
      expect.stringMatching(/^p0\/0 \(sequence 1\): 1 failure, the last \d+ \w{3}, [\d:]{8} by m\s+no luck$/),
    ]);
    await expectFaultless(page, 320, 'light');
  });

  it('shows a hostile ledger as text, and does nothing that it asks for', async () => {
    const hostile = await openPage(withHugeCounts(await pageOf(await hostileLedger(), '--tz', LONGEST_ZONE)));
    const { page } = hostile;
    for (const width of WIDTHS) await expectFaultless(page, width, width % 800 === 0 ? 'dark' : 'light');
    expect(await checked(page, 'activeElements()')).toEqual([]);
    expect(await checked(page, 'silentDrawings()')).toEqual([]);
    const text = await checked(page, 'allText()');
    expect(text).not.toMatch(ACTING);
    expect(text).toContain('</script><img src=x onerror=alert(1)>');
    expect(await page.locator('.failure').textContent()).toMatch(
      /: 1 failure, .* by n{23}…; \d+ more partitions failing<.script><img/,
    );
    expect(hostile).toMatchObject(NOTHING_DONE);
  });

  it('its policy forbids what a forged page would do', async () => {
    const forged = (await earthquakeHtml()).replace(
      '</main>',
      '<script>alert(1)</script><img src="http://other.test/x.png"><p style="color:red">x</p></main>',
    );
    const { messages, requests, actions } = await openPage(forged);
    expect(messages.filter((message) => message.includes('Content Security Policy'))).toHaveLength(3);
    expect({ requests, actions }).toEqual({ requests: [], actions: [] });
  });
});

/** The member that fails is at work until the end of the test. */
async function standStill(engine: Completengine, group: string, member: string, failure: Error): Promise<void> {
  // a pause that outlasts the test: the longest there is
  const once = { group, member, batch: 1, backoffMs: 30_000, leaseMs: 600_000 };
  await engine.subscribe(once, () => {
    throw failure;
  });
  await until(async () => {
    const found = (await engine.groups()).find(({ name }) => name === group);
    return found?.lanes.some((lane) => lane.failure !== null) === true;
  });
}

/** A night of Berlin, with a producer, parked events, and a group that stands still. */
async function ledgerWithAllTimes(): Promise<string> {
  const ledger = await newLedger('--time', 'at', '--partitions', '1');
  const lines = Array.from(
    { length: 11 },
    (_, hour) => `{"at":"${new Date(Date.UTC(2026, 0, 10, 23 + hour)).toISOString()}"}\n`,
  );
  await succeed(['emit', '-q', '-l', ledger, '--producer', 'feed'], { input: lines.join('') });
  const engine = await Completengine.open({ ledger });
  onTestFinished(() => engine.close());
  const parking = { group: 'parking', maxDeliver: 1, until: { limit: 2 }, onParked: () => {} };
  const { finished } = await engine.subscribe(parking, () => {
    throw new Error('refused');
  });
  await finished;
  await standStill(engine, 'standing', 'm', new Error('no luck'));
  return ledger;
}

const LONGEST_ZONE = 'America/Argentina/ComodRivadavia';
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
  // the rest stays behind: the group has bars of its lag, too
  const subscription = await engine.subscribe(
    { group: 'g'.repeat(60), maxDeliver: 1, batch: 1, until: { limit: 40 }, onParked: () => {} },
    () => {
      throw new CommandFailure(`${MARKUP}${UNSEEN}`, `${'y'.repeat(400)}\n${MARKUP}${UNSEEN}`);
    },
  );
  await subscription.finished;
  const failure = new CommandFailure(`${MARKUP}${UNSEEN}`, `${'y'.repeat(400)}\n${MARKUP}${UNSEEN}`);
  await standStill(engine, 'f'.repeat(60), 'n'.repeat(60), failure);
  return ledger;
}

/** Its 120 events as if they were as many as can be. */
function withHugeCounts(page: string): string {
  const parts = page.split('>120<');
  expect(parts.length).toBeGreaterThan(1);
  return parts.join('>9,007,199,254,740,991<').replaceAll('120 events', '9,007,199,254,740,991 events');
}

/** Half of them of keys that have partitions with wide names. */
function hostileEvents(hour: number): object[] {
  return Array.from({ length: 30 }, (_, at) => ({
    '<script>alert(5)</script>': at % 2 === 0 ? `wide ${at % 4 === 0 ? 0 : 1}` : `${MARKUP}${UNSEEN}${at}`,
    [`${MARKUP}`]: `${UNSEEN}${MARKUP}${'x'.repeat(300)}`,
    at: new Date(Date.UTC(2026, 3, 12, hour, at)).toISOString(),
  }));
}
