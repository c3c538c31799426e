import { expect, it } from 'vitest';
import { siteOf } from '../../../src/cli/bench/site.ts';
import { Workplace } from '../../../src/cli/bench/workplace.ts';
import { runCli } from '../../support/cli.ts';
import { expectFailure } from '../../support/ledger-cli.ts';
import { tempDir } from '../../support/temp-dir.ts';

const workplace = () => Workplace.make(tempDir(), 0, new AbortController().signal);

it('gives each measured ledger a file of the temporary directory', () => {
  const place = workplace();
  const site = siteOf(undefined, place);
  expect([site.next('single'), site.next('start')]).toEqual([place.path('single.codex'), place.path('start.codex')]);
  expect(site.left()).toEqual([]);
});

it('gives each a name of its own on servers, keeps the options, and says which are left', () => {
  const site = siteOf('nats://user:secret@n1,n2/bench?replicas=3&monitor=http://n1:8222', workplace());
  const location = /^nats:\/\/user:secret@n1,n2\/bench-[0-9a-f]{8}-\d-\w+\?replicas=3&monitor=http:\/\/n1:8222$/;
  const [first, second] = [site.next('events'), site.next('events')];
  expect(first).toMatch(location);
  expect(second).toMatch(location);
  expect(site.left()).toEqual([first, second].map((each) => /bench-\w+-\d-events/.exec(each)?.[0]));
});

it('measures no ledger that is named by its file', async () => {
  expectFailure(await runCli(['bench', '-l', 'events.codex']), 2, 'events.codex is a file');
});
