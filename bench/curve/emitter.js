/**
 * One of several emitters: `node emitter.js LEDGER GO SECONDS`. Opens the ledger, prints a line, waits for the file GO, and commits one event after the
 * other. Then it prints how long each commit took, in microseconds, and the processor time of them all.
 */

import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Completengine } from '../../dist/lib/index.js';

const POLL_MS = 5;

const [ledger = '', go = '', seconds = '1'] = process.argv.slice(2);
const engine = await Completengine.open({ ledger, create: false, busyTimeoutMs: 60_000 });
console.log('ready');
while (!existsSync(go)) await sleep(POLL_MS);
const micros = [];
const before = process.cpuUsage();
const started = performance.now();
for (let now = started; now - started < Number(seconds) * 1000; ) {
  await engine.emit({ k: `k${process.pid % 1000}`, n: micros.length });
  const then = performance.now();
  micros.push(Math.round((then - now) * 1000));
  now = then;
}
const { user, system } = process.cpuUsage(before);
const wallMs = performance.now() - started;
await engine.close();
console.log(
  JSON.stringify({ micros, wallMs, cpuMs: (user + system) / 1000, peakBytes: process.resourceUsage().maxRSS * 1024 }),
);
