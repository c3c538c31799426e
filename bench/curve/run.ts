/** Measures curves, one after the other, in a temporary directory. */

import { loadavg, tmpdir } from 'node:os';
import { describeMachine } from '../../src/cli/bench/machine.ts';
import { run } from '../../src/cli/bench/processes.ts';
import { Workplace } from '../../src/cli/bench/workplace.ts';
import type { Curve, CurveDocument, CurveName, Point } from './document.ts';
import { emittersCurve } from './emitters.ts';
import { eventsCurve } from './events.ts';
import { parkedCurve } from './parked.ts';
import { partitionsCurve } from './partitions.ts';
import { payloadsCurve } from './payloads.ts';
import { bytesNeeded, type Sizes } from './sizes.ts';
import { Stage } from './stage.ts';

export interface CurvesOptions {
  /** Of the built package. */
  readonly root: string;
  readonly curves: readonly CurveName[];
  readonly sizes: Sizes;
  /** Parent of the temporary directory. Default: that of the system. */
  readonly parent?: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
  /** Called with each curve as soon as it is measured. */
  readonly onCurve?: ((name: CurveName, curve: Curve) => void) | undefined;
}

const MEASURES: Readonly<Record<CurveName, (stage: Stage, sizes: Sizes) => Promise<Point[]>>> = {
  events: (stage, { events }) => eventsCurve(stage, events),
  partitions: (stage, { partitions, partitionEvents }) => partitionsCurve(stage, partitions, partitionEvents),
  payloads: (stage, { payloads, payloadBytes }) => payloadsCurve(stage, payloads, payloadBytes),
  emitters: (stage, { emitters, emitterSeconds }) => emittersCurve(stage, emitters, emitterSeconds),
  parked: (stage, { parked, delivered }) => parkedCurve(stage, parked, delivered),
};

/** @throws LedgerError CANNOT_CREATE, DISK_FULL, IO_FAILED, ABORTED */
export async function measureCurves(options: CurvesOptions): Promise<CurveDocument> {
  const { root, curves, sizes, signal, onProgress } = options;
  const workplace = Workplace.make(options.parent ?? tmpdir(), bytesNeeded(sizes, curves), signal);
  try {
    const stage = new Stage({ root, workplace, rounds: sizes.rounds, signal, onProgress });
    const machine = describeMachine(workplace.directory, await versionsOf(root, signal));
    const document: Partial<Record<CurveName, Curve>> = {};
    for (const name of curves) {
      onProgress(`curve: ${name}`);
      const measuredAt = new Date().toISOString();
      const before = loadOf();
      const points = await MEASURES[name](stage, sizes);
      const curve = { measuredAt, load: [before, loadOf()] as const, machine, points };
      document[name] = curve;
      options.onCurve?.(name, curve);
    }
    return document;
  } finally {
    workplace.remove();
  }
}

function loadOf(): number {
  return Math.round((loadavg()[0] ?? 0) * 10) / 10;
}

async function versionsOf(root: string, signal: AbortSignal): Promise<{ completengine: string; storage: string }> {
  const { stdout } = await run(process.execPath, [`${root}/bin/run.js`, '--version'], signal);
  const [, completengine = 'unknown'] = /completengine\/(\S+)/.exec(stdout) ?? [];
  const { default: Database } = await import('better-sqlite3');
  const memory = new Database(':memory:');
  const sqlite = memory.prepare<[], string>('SELECT sqlite_version()').pluck().get();
  memory.close();
  return { completengine, storage: `SQLite ${sqlite}` };
}
