/** Measures the cost of a small command: a whole process that emits one event, alternating with a Node that does nothing. */

import { writeFileSync } from 'node:fs';
import { Completengine } from '../../index.ts';
import type { Start } from './document.ts';
import { run } from './processes.ts';
import { median, roundMs, roundRatio } from './samples.ts';
import { ledgerOptions, type Stage } from './stage.ts';

const PAIRS = 11;

export async function measureStart({
  settings,
  maker,
  workplace,
  site,
  node,
  cli,
  signal,
  display,
}: Stage): Promise<Start> {
  const input = workplace.path('one.jsonl');
  const ledger = site.next('start');
  writeFileSync(input, maker.line(0));
  await Completengine.create(ledger, ledgerOptions(settings));
  const nodes: number[] = [];
  const emits: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    nodes.push((await run(node, ['-e', '0'], signal)).wallMs);
    emits.push((await run(node, [cli, 'emit', '--quiet', '--ledger', ledger, input], signal)).wallMs);
    display.at((pair + 1) / PAIRS);
  }
  const nodeMs = roundMs(median(nodes));
  const emitOneMs = roundMs(median(emits));
  return { nodeMs, emitOneMs, ratioToNode: roundRatio(emitOneMs / nodeMs) };
}
