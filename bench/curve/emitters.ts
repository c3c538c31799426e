/** By the number of processes that emit single events into one ledger: their rate together, how it is shared, and how long a commit takes. */

import { setMaxListeners } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Companion, startCompanion } from '../../src/cli/bench/processes.ts';
import { median, percentile } from '../../src/cli/bench/samples.ts';
import type { Figures, Point } from './document.ts';
import { KEY_FIELD } from './lines.ts';
import { medianOf, type Stage } from './stage.ts';

const PARTITIONS = 8;
/** Of the signal, by others. */
const LISTENERS = 10;

interface Emitted extends Figures {
  readonly micros: readonly number[];
}

export async function emittersCurve(stage: Stage, counts: readonly number[], seconds: number): Promise<Point[]> {
  const points: Point[] = [];
  for (const emitters of counts) {
    stage.onProgress(`${emitters} emitters`);
    const rounds: (readonly Emitted[])[] = [];
    for (let round = 0; round < stage.rounds; round++) rounds.push(await emitTogether(stage, emitters, seconds));
    points.push(pointOf(emitters, rounds));
  }
  return points;
}

async function emitTogether(stage: Stage, emitters: number, seconds: number): Promise<Emitted[]> {
  const init = ['--routing', `hash:${KEY_FIELD}`, '--partitions', String(PARTITIONS)];
  const ledger = await stage.create(init);
  const go = stage.workplace.path('go');
  rmSync(go, { force: true });
  // each of them ends with the signal
  setMaxListeners(emitters + LISTENERS, stage.signal);
  const script = `${stage.root}/bench/curve/emitter.js`;
  const companions = Array.from({ length: emitters }, () =>
    startCompanion(process.execPath, [script, ledger, go, String(seconds)], stage.signal),
  );
  try {
    const lines = companions.map(linesOf);
    for (const each of lines) await nextLine(each);
    writeFileSync(go, '');
    return await Promise.all(lines.map(async (each) => JSON.parse(await nextLine(each)) as Emitted));
  } finally {
    for (const companion of companions) companion.end();
  }
}

function linesOf({ stdout }: Companion): AsyncIterator<string> {
  return createInterface({ input: stdout })[Symbol.asyncIterator]();
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next();
  if (done === true) throw new Error('an emitter ended too early');
  return value;
}

function pointOf(value: number, rounds: readonly (readonly Emitted[])[]): Point {
  const all = rounds.map(roundOf);
  const of = (fact: keyof (typeof all)[number]['facts']) => median(all.map(({ facts }) => facts[fact]));
  return {
    value,
    work: { commit: medianOf(all.map(({ figures }) => figures)) },
    facts: {
      commits: of('commits'),
      commitsPerSecond: of('commitsPerSecond'),
      slowestToFastest: of('slowestToFastest'),
      p50Ms: of('p50Ms'),
      p99Ms: of('p99Ms'),
      maxMs: of('maxMs'),
    },
  };
}

/** Of one round: figures of all emitters together, the peak of one. */
function roundOf(emitters: readonly Emitted[]) {
  const counts = emitters.map(({ micros }) => micros.length);
  const commits = counts.reduce((sum, count) => sum + count, 0);
  const wallMs = Math.max(...emitters.map((each) => each.wallMs));
  const sorted = Float64Array.from(emitters.flatMap(({ micros }) => micros)).sort();
  const at = (percent: number) => percentile(sorted, percent) / 1000;
  return {
    figures: {
      cpuMs: emitters.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
      wallMs,
      peakBytes: Math.max(...emitters.map(({ peakBytes }) => peakBytes)),
    },
    facts: {
      commits,
      commitsPerSecond: Math.round((commits * 1000) / wallMs),
      slowestToFastest: Math.round((Math.min(...counts) / Math.max(...counts)) * 1000) / 1000,
      p50Ms: at(50),
      p99Ms: at(99),
      maxMs: at(100),
    },
  };
}
