/** Measures `completengine replay | cat`, with and without verification of the chain. */

import type { Figures, Start } from './document.ts';
import { processFailed, runScript } from './processes.ts';
import { ROUNDS, type Stage } from './stage.ts';
import { incomplete, toThroughput } from './throughput.ts';

/** The report on standard error shows whether the replay is complete; the exit code is that of cat. */
const REPLAY = '"$1" "$2" replay --json --determinism "$3" --ledger "$4" | cat > /dev/null';

const WAYS = ['strict', 'relaxed'] as const;

/** Strict and relaxed runs alternate, so that both see the same conditions. */
export async function measureReplay(stage: Stage, ledger: string, start: Start): Promise<Figures['replay']> {
  const runs = { strict: [] as { wallMs: number }[], relaxed: [] as { wallMs: number }[] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, way] of WAYS.entries()) {
      runs[way].push(await runReplay(stage, ledger, way));
      stage.display.at((round * WAYS.length + at + 1) / (ROUNDS * WAYS.length));
    }
  }
  return { strict: toThroughput(stage, runs.strict, start), relaxed: toThroughput(stage, runs.relaxed, start) };
}

async function runReplay(
  { settings, node, cli, signal }: Stage,
  ledger: string,
  way: string,
): Promise<{ wallMs: number }> {
  const { wallMs, stderr } = await runScript(REPLAY, [node, cli, way, ledger], signal);
  const events = eventsOf(stderr);
  if (events !== settings.events) throw incomplete('replay', events, settings.events);
  return { wallMs };
}

/** @throws LedgerError IO_FAILED if there is an error in place of the report */
function eventsOf(stderr: string): number {
  try {
    return (JSON.parse(stderr) as { events: number }).events;
  } catch (error) {
    throw processFailed('replay printed no report', stderr, error);
  }
}
