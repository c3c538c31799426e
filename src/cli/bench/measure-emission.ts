/** Measures `cat INPUT | completengine emit`: its rate, its peak memory, and the size of the ledger. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Completengine } from '../../index.ts';
import type { Emission, Start, Storage } from './document.ts';
import { runScript } from './processes.ts';
import { roundRatio } from './samples.ts';
import { ledgerOptions, ROUNDS, type Stage } from './stage.ts';
import { incomplete, toThroughput } from './throughput.ts';

/**
 * Required by the measured process: writes its peak memory to a file at exit. It prefers the kernel's figure for this program, because
 * resourceUsage() may include the process before it executed Node.
 */
const PEAK_NOTE = `
const { isMainThread } = require('node:worker_threads');
const { readFileSync, writeFileSync } = require('node:fs');
const peakKilobytes = () => {
  try {
    return Number(/^VmHWM:\\s+(\\d+) kB/m.exec(readFileSync('/proc/self/status', 'latin1'))[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
};
if (isMainThread) process.on('exit', () => writeFileSync(__filename + '.kilobytes', String(peakKilobytes())));
`;

const EMIT = 'cat "$1" | "$2" --require "$3" "$4" emit --json --ledger "$5"';

export interface EmissionRun {
  readonly wallMs: number;
  readonly commits: number;
  readonly peakResidentBytes: number | null;
}

/** Each round emits into a new ledger. That of the last is kept for later steps. */
export async function runEmissions(
  stage: Stage,
): Promise<{ readonly runs: readonly EmissionRun[]; readonly ledger: string }> {
  const note = stage.workplace.path('peak.cjs');
  writeFileSync(note, PEAK_NOTE);
  const runs: EmissionRun[] = [];
  let ledger = '';
  for (let round = 0; round < ROUNDS; round++) {
    if (ledger !== '') stage.site.remove(ledger);
    ledger = stage.site.next('events');
    await Completengine.create(ledger, ledgerOptions(stage.settings));
    runs.push(await runEmission(stage, ledger, note));
    stage.display.at((round + 1) / ROUNDS);
  }
  return { runs, ledger };
}

async function runEmission(
  { settings, input, node, cli, signal }: Stage,
  ledger: string,
  note: string,
): Promise<EmissionRun> {
  const { wallMs, stdout } = await runScript(EMIT, [input, node, note, cli, ledger], signal);
  const report = JSON.parse(stdout) as { events: number; commits: number };
  if (report.events !== settings.events) throw incomplete('emit', report.events, settings.events);
  return { wallMs, commits: report.commits, peakResidentBytes: readPeak(`${note}.kilobytes`) };
}

function readPeak(file: string): number | null {
  try {
    const kilobytes = Number(readFileSync(file, 'latin1'));
    return kilobytes > 0 ? kilobytes * 1024 : null;
  } catch {
    return null;
  } finally {
    rmSync(file, { force: true });
  }
}

export function toEmission(stage: Stage, runs: readonly EmissionRun[], start: Start): Emission {
  const peaks = runs.flatMap(({ peakResidentBytes }) => peakResidentBytes ?? []);
  return {
    ...toThroughput(stage, runs, start),
    commits: runs.at(-1)?.commits ?? 0,
    peakResidentBytes: peaks.length === 0 ? null : Math.max(...peaks),
  };
}

export async function measureStorage({ settings, site }: Stage, ledger: string): Promise<Storage> {
  const inputBytes = settings.events * settings.lineBytes;
  const ledgerBytes = await site.bytesOf(ledger);
  return { inputBytes, ledgerBytes, ratioToInput: roundRatio(ledgerBytes / inputBytes) };
}
