/** Opens pages in a real browser without a window, and notes everything that a page tries to do. */

import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const PATH = '/usr/bin/chromium';

/** Null where the browser is not installed. */
export const chromiumPath: string | null = existsSync(PATH) ? PATH : null;

/** It reaches for no server by itself. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let started: Promise<{ readonly browser: Browser; readonly context: BrowserContext }> | undefined;

async function start(): Promise<{ browser: Browser; context: BrowserContext }> {
  const browser = await chromium.launch({ executablePath: chromiumPath ?? PATH, args: ARGUMENTS });
  return { browser, context: await browser.newContext() };
}

/** Closes all pages; the profile of the browser is removed with it. */
export async function stopChromium(): Promise<void> {
  const running = await started;
  started = undefined;
  await running?.browser.close();
}

export interface OpenedPage {
  readonly page: Page;
  /** Messages of the console and errors of the page, violations of its policy among them. */
  readonly messages: readonly string[];
  /** Addresses that it asked for besides its own; data: is none. */
  readonly requests: readonly string[];
  /** Dialogues and windows that it opened. */
  readonly actions: readonly string[];
}

/** Of one browser for all tests of a file: it is started once. */
export async function openPage(html: string): Promise<OpenedPage> {
  started ??= start();
  const { context } = await started;
  const page = await context.newPage();
  const [messages, requests, actions]: string[][] = [[], [], []];
  page.on('console', (message) => messages?.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => messages?.push(String(error)));
  page.on('dialog', (dialog) => {
    actions?.push(dialog.message());
    void dialog.dismiss();
  });
  page.on('popup', (popup) => actions?.push(popup.url()));
  const own = 'http://plate.test/';
  await page.route('**/*', (route) => {
    if (route.request().url() === own) return route.fulfill({ body: html, contentType: 'text/html; charset=utf-8' });
    requests?.push(route.request().url());
    return route.abort();
  });
  await page.goto(own);
  await page.evaluate('document.fonts.ready');
  return { page, messages: messages ?? [], requests: requests ?? [], actions: actions ?? [] };
}
