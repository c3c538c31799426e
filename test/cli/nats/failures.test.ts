/** Failures of servers as an operator sees them: one line with the fact, one with what to do, and an exit code of the table. */

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RawClient } from '../../nats/support/raw.ts';
import { currentServer, installedServer, type ServerProgram } from '../../nats/support/server-program.ts';
import { NatsServers } from '../../nats/support/servers.ts';
import { finished, runCli, startCli } from '../../support/cli.ts';
import { expectFailure, numbers, replayed, succeed } from '../../support/ledger-cli.ts';
import { LineReader } from '../../support/line-reader.ts';

const PASSWORD = 'do-not-print-me';
/** Of a server that asks for a password. */
const USERS = `authorization { users: [ { user: writer, password: ${PASSWORD} }, { user: reader, password: ${PASSWORD}, permissions: READING } ] }`;

/** What `inspect --permissions` prints for these kinds of use, as a block of a configuration. */
async function permissionsFor(location: string, ...kinds: readonly string[]): Promise<string> {
  const { stdout } = await succeed(['inspect', '--permissions', '--json', '-l', location]);
  const document = JSON.parse(stdout.toString()) as Record<string, { publish: string[]; subscribe: string[] }>;
  const list = (verb: 'publish' | 'subscribe') => JSON.stringify(kinds.flatMap((kind) => document[kind]?.[verb] ?? []));
  return `{ publish: ${list('publish')}, subscribe: ${list('subscribe')} }`;
}

/** A port that accepts connections, and says nothing. */
async function silentPort(): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe.skipIf(installedServer === null)('a ledger on NATS', () => {
  const program = installedServer as ServerProgram;
  let servers: NatsServers;
  beforeAll(async () => {
    servers = await NatsServers.start({ program, count: 1 });
  });
  afterAll(() => servers?.stop());

  it('that no server answers for ends a command after --busy-timeout, and says that nothing was stored', async () => {
    const silent = `nats://127.0.0.1:${await silentPort()}/events`;
    for (const location of ['nats://127.0.0.1:9/events', silent]) {
      const started = performance.now();
      const result = await runCli(['emit', '-l', location, '--busy-timeout', '400ms'], { input: '{}\n' });
      // a lower bound alone: a busy machine takes longer
      expect(performance.now() - started).toBeGreaterThan(390);
      expectFailure(result, 75, `${location}: no answer within the time limit, and nothing was stored`);
      expect(result.stderr).toMatch(/--busy-timeout\nnothing committed\n$/);
    }
  });

  it('that is not there is made by the command in the hint', async () => {
    const location = servers.location('later');
    const missing = await runCli(['tail', '-l', location]);
    expectFailure(missing, 66, `${location}: there is no ledger of this name`);
    const [, command = ''] = /make it: completengine (.*)/.exec(missing.stderr) ?? [];
    await succeed(command.split(' '));
    await succeed(['tail', '-l', location]);
  });

  it('whose stream was made by something else is refused, whatever the command', async () => {
    const raw = await RawClient.connect(servers);
    await raw.api('STREAM.CREATE.cdex_other', {
      name: 'cdex_other',
      subjects: ['cdex.other.>'],
      max_age: 60_000_000_000,
    });
    for (const args of [['init'], ['emit'], ['inspect']])
      expectFailure(await runCli([...args, '-l', servers.location('other')]), 76, 'of the stream cdex_other is');
  });

  it('with a limit of bytes keeps what fits, ends with 74, and goes on when the limit is raised', async () => {
    const location = servers.location('full');
    await succeed(['init', '-l', location]);
    const raw = await RawClient.connect(servers);
    const { config } = await raw.api<{ config: object }>('STREAM.INFO.cdex_full');
    await raw.api('STREAM.UPDATE.cdex_full', { ...config, max_bytes: 40_000 });
    const input = numbers(1, 20_000);
    const full = await runCli(['emit', '-l', location, '--producer', 'p'], { input });
    expectFailure(full, 74, `${location}: a limit of the servers is reached`);
    await raw.api('STREAM.UPDATE.cdex_full', { ...config, max_bytes: -1 });
    await succeed(['emit', '-l', location, '--producer', 'p'], { input });
    expect(await replayed(location)).toBe(input);
  });

  it('takes no line that is longer than a message, and names the line', async () => {
    const location = servers.location('long');
    await succeed(['init', '-l', location]);
    const input = `{"n":1}\n${JSON.stringify({ text: 'x'.repeat(1_000_000) })}\n`;
    expectFailure(await runCli(['emit', '-l', location], { input }), 65, /line 2.*983,?\d{3}/);
    expect(await replayed(location)).toBe('{"n":1}\n');
  });

  it('refuses locations that are none, and prints no password of them', async () => {
    for (const [location, fact] of [
      [`nats://user:${PASSWORD}@127.0.0.1`, 'names no ledger'],
      [`nats://user:${PASSWORD}@127.0.0.1/a/b`, 'cannot name a ledger'],
      [`nats://user:${PASSWORD}@127.0.0.1/a?replica=3`, 'has an option'],
      [`nats://user:${PASSWORD}@:99999/a`, 'is not a host'],
      ['kafka://127.0.0.1/a', "no ledger can be stored at 'kafka://'"],
    ] as const) {
      const result = await runCli(['inspect', '-l', location]);
      expectFailure(result, 2, fact);
      expect(result.stderr).not.toContain(PASSWORD);
    }
  });

  it('asks for credentials: wrong ones end at once with 77, and those of a reader read and do not write', async () => {
    const permissions = await permissionsFor('nats://127.0.0.1/kept', 'read', 'groups');
    const guarded = await NatsServers.forTest({
      program,
      count: 1,
      extraConfig: USERS.replace('READING', permissions),
    });
    const as = (user: string, password = PASSWORD) =>
      guarded.location('kept').replace('nats://', `nats://${user}:${password}@`);
    const wrong = await runCli(['init', '-l', as('writer', 'wrong-word'), '--busy-timeout', '1h']);
    expectFailure(wrong, 77, 'the server refuses the credentials');
    expect(wrong.stderr).not.toContain('wrong-word');
    expectFailure(await runCli(['init', '-l', as('reader'), '--busy-timeout', '1h']), 77, 'STREAM.CREATE.cdex_kept');
    const made = await succeed(['init', '-l', as('writer')]);
    expect(made.stdout.toString() + made.stderr).not.toContain(PASSWORD);
    const again = await runCli(['init', '-l', as('writer')]);
    expectFailure(again, 73, `there is a ledger at ${guarded.location('kept')} already`);
    await succeed(['emit', '-q', '-l', as('writer')], { input: numbers(1, 3) });
    expect(await replayed(as('reader'))).toBe(numbers(1, 3));
    const paced = startCli(['replay', '-l', as('reader'), '--rate', '1/s']);
    const stopped = finished(paced);
    await new LineReader(paced.stdout).next();
    paced.kill('SIGINT');
    const { stderr } = await stopped;
    expect(stderr).toMatch(/^resume with: completengine replay --from-sequence 2 /m);
    expect(stderr).toContain(guarded.location('kept'));
    expect(stderr).not.toContain(PASSWORD);
    const consumed = await succeed(['tail', '-g', 'g', '-e', '-l', as('reader')]);
    expect(consumed.stdout.toString().split('\n').sort().join('')).toBe('123');
    expectFailure(
      await runCli(['emit', '-l', as('reader'), '--busy-timeout', '1h'], { input: '4\n' }),
      77,
      'the credentials do not allow "cdex.kept.c.',
    );
    expect(await replayed(as('writer'))).toBe(numbers(1, 3));
  });

  it('on a server without JetStream ends with 78', async () => {
    const without = await NatsServers.forTest({ program, count: 1, jetStream: false });
    expectFailure(await runCli(['init', '-l', without.location('a')]), 78, 'JetStream is not enabled');
  });
});

describe.skipIf(currentServer === null)('durability full', () => {
  it.each([
    ['', 78],
    ['sync_interval: always', 0],
  ])('of a server with "%s" ends with %i', async (jetStream, code) => {
    const servers = await NatsServers.forTest({ program: currentServer as ServerProgram, count: 1, jetStream });
    const location = servers.location('a', `?monitor=${servers.monitor()}`);
    const result = await runCli(['init', '-l', location]);
    expect(result.code, result.stderr).toBe(code);
    if (code === 0) {
      expect((await succeed(['inspect', '-l', location])).stdout.toString()).toMatch(/^sync +always: /m);
      return;
    }
    expectFailure(result, 78, 'the server syncs every 120 s');
    expectFailure(await runCli(['inspect', '-l', location]), 66, 'there is no ledger');
    await succeed(['init', '-l', location, '--durability', 'normal']);
    expect((await succeed(['inspect', '-l', location])).stdout.toString()).toMatch(/^sync +every 120 s: /m);
  });
});
