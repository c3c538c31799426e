import { afterAll, expect, test } from 'vitest';
import { Recorder } from './recorder.ts';
import { runStates } from './run-states.ts';
import * as emissions from './emissions.ts';

const recorder = new Recorder();
afterAll(() => recorder.close());
const only = process.env['ONLY'];
for (const [name, make] of Object.entries(emissions)) {
  if (only !== undefined && only !== name) continue;
  test(name, async () => {
    const scenario = make();
    let t = performance.now();
    const cpu = process.cpuUsage();
    const calls = await recorder.record(scenario);
    const kinds: Record<string, number> = {};
    for (const c of calls) kinds[c.kind] = (kinds[c.kind] ?? 0) + 1;
    console.log(name, 'record', Math.round(performance.now() - t), calls.length, JSON.stringify(kinds));
    t = performance.now();
    const n = Number(process.env['N'] ?? 10);
    const tally = await runStates(scenario, calls, Array.from({ length: n }, (_, i) => i + 1));
    console.log('states', n, Math.round(performance.now() - t), 'cpu', Math.round(process.cpuUsage(cpu).user / 1000), Math.round(process.cpuUsage(cpu).system / 1000), tally.findings.length);
    for (const f of tally.findings.slice(0, 8)) console.log(f.text.slice(0, 600));
  });
}
