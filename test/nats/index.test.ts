/** Ledgers with unique ids on NATS, by real processes: each id is stored once, and a later process reads no more of the log than it has to. */

import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { Completengine } from '../../src/index.ts';
import { type CliResult, finished, spawnCli, startCli } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';
import { installedServer, type ServerProgram } from './support/server-program.ts';
import { NatsServers } from './support/servers.ts';

const program = installedServer as ServerProgram;
const LINES = 900;

/** Lines of about 1 KB; more than one commit takes. */
const linesOf = (from: number, through: number): string =>
  Array.from({ length: through - from }, (_, at) => `{"id":${from + at},"x":"${'y'.repeat(1000)}"}\n`).join('');

describe.skipIf(installedServer === null)('a ledger with unique ids on NATS', () => {
  let servers: NatsServers;
  const start = async () => {
    servers ??= await NatsServers.start({ program, count: 1 });
    return servers;
  };
  afterAll(() => servers?.stop());

  const init = async (location: string) => (await Completengine.open({ ledger: location, unique: 'id' })).close();
  const environment = (cache: string) => ({ env: { ...process.env, XDG_CACHE_HOME: cache } });
  const emitted = (result: CliResult): { events: number; duplicates: number } => {
    expect({ code: result.code, signal: result.signal }, result.stderr).toEqual({ code: 0, signal: null });
    return JSON.parse(result.stdout.toString());
  };
  const emit = async (location: string, cache: string, input: string) =>
    emitted(await spawnCli(['emit', '--json', '-q', '-l', location], { input, ...environment(cache) }));

  it('stores each id once; the second process does not read the log from its beginning', async () => {
    const location = (await start()).location('twice');
    const cache = join(tempDir(), 'cache');
    await init(location);
    const input = linesOf(0, LINES);
    expect(await emit(location, cache, input)).toMatchObject({ events: LINES, duplicates: 0 });
    const before = await servers.bytesOut();
    expect(await emit(location, cache, input)).toMatchObject({ events: 0, duplicates: LINES });
    const withIndex = (await servers.bytesOut()) - before;
    expect(await emit(location, join(tempDir(), 'cache'), input)).toMatchObject({ events: 0, duplicates: LINES });
    const without = (await servers.bytesOut()) - before - withIndex;
    expect(without).toBeGreaterThan(input.length);
    expect(withIndex).toBeLessThan(input.length / 2);
  });

  it('stores each id once from processes that share an index, one of which is killed', async () => {
    const location = (await start()).location('shared');
    const cache = join(tempDir(), 'cache');
    await init(location);
    const killed = startCli(['emit', '--receipts', '-q', '-l', location], environment(cache));
    const end = finished(killed);
    let isCommitting = false;
    killed.stdout.on('data', () => {
      isCommitting = true;
    });
    killed.stdin.write(linesOf(0, 300));
    await until(() => isCommitting || killed.exitCode !== null);
    killed.kill('SIGKILL');
    expect((await end).signal).toBe('SIGKILL');
    const parts = [linesOf(0, 600), linesOf(300, LINES)];
    const both = await Promise.all(parts.map((input) => emit(location, cache, input)));
    const ledger = await Completengine.open({ ledger: location });
    onTestFinished(() => ledger.close());
    const ids: string[] = [];
    for await (const { payload } of ledger.replay()) ids.push(...(/"id":\d+/.exec(payload.toString()) ?? []));
    expect(new Set(ids).size).toBe(LINES);
    expect(ids).toHaveLength(LINES);
    expect(both.reduce((sum, { events }) => sum + events, 0)).toBeLessThan(LINES);
  });
});
