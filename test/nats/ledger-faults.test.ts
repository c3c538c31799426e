/**
 * Servers of a cluster are killed, stopped and cut off while `emit` writes a ledger and `tail -f` and a group read it: nothing that was acknowledged is lost,
 * nothing is there twice, the order of each writer is kept, time never falls, and all readers have one head.
 */

import { afterAll, describe, expect, it } from 'vitest';
import type { LogLayout } from '../../src/index.ts';
import { succeed } from '../support/ledger-cli.ts';
import { MemberProcess } from '../support/members.ts';
import { isSoak, quick } from '../support/test-size.ts';
import { until } from '../support/until.ts';
import { expectNothingLost, PATIENT, Tail, Writer } from './support/processes.ts';
import { currentServer, hasSoundCommits, installedServer, type ServerProgram } from './support/server-program.ts';
import { NatsServers } from './support/servers.ts';

/** Answered by each writer before a fault, and after it. */
const RECEIPTS = 20;
/** Of one ledger, so that it is not too long to be compared. */
const ROUNDS_MAX = 10;
const STOPPED_MS = 15_000;

const programs = [installedServer, currentServer].filter((program) => program !== null);

/** In every run leaders are killed on the first of them; in a soak all is done on each. Clients of a server that is cut off are tested in every run by cut-off.test.ts. */
const isUsed = (program: ServerProgram) => isSoak || program === programs[0];

/** Rounds of a soak, or what the environment says. */
const rounds = (soak: number) => Number(process.env['COMPLETENGINE_TEST_ROUNDS'] ?? quick(1, soak));

interface Scene {
  readonly servers: NatsServers;
  readonly stream: string;
  readonly writers: readonly Writer[];
  /** Those of one round alone, that get nothing more; they are ended and compared with the others. */
  readonly others: Writer[];
  readonly leader: number;
}

/** Writes a ledger, with a fault in each round; `fault` resolves when all servers run again. */
async function underLoad(
  servers: NatsServers,
  count: number,
  fault: (scene: Scene) => Promise<void>,
  layout: LogLayout = 'packed',
): Promise<void> {
  for (let done = 0; done < count; done += ROUNDS_MAX) {
    const name = `ledger${++ledgers}`;
    const stream = `cdex_${name}`;
    const location = servers.location(name);
    await succeed([
      'init',
      '-l',
      location,
      '--routing',
      'hash:tenant',
      '--partitions',
      '3',
      '--layout',
      layout,
      ...PATIENT,
    ]);
    const tail = new Tail(location);
    const hasGroups = servers.program.version[0] > 2 || servers.program.version[1] >= 10;
    const member = hasGroups ? new MemberProcess(location, 'g', 'm', ['--from', 'start', ...PATIENT]) : null;
    const writers = ['a', 'b'].map((each, at) => new Writer(location, { name: `${name}${each}`, seed: done + at + 1 }));
    const others: Writer[] = [];
    for (let round = 0; round < Math.min(ROUNDS_MAX, count - done); round++) {
      await Promise.all(writers.map((writer) => writer.moreReceipts(RECEIPTS)));
      // one fault at a time: with another server behind there is no majority
      await servers.areCurrent();
      await fault({ servers, stream, writers, others, leader: await servers.leaderOf(stream) });
      await Promise.all(writers.map((writer) => writer.moreReceipts(RECEIPTS)));
      if (isSoak) process.stderr.write(`${servers.program.name}: round ${done + round + 1} of ${count}\n`);
    }
    const alone = servers.hosts.map((host) => `nats://${host}/${name}`);
    const events = await expectNothingLost([location, ...alone], [...writers, ...others], [tail]);
    if (member !== null) await expectAllGiven(member, events);
  }
}

let ledgers = 0;

/** At least once, and in the order of each partition. */
async function expectAllGiven(member: MemberProcess, events: number): Promise<void> {
  const given = new Set<number>();
  await until(async () => {
    given.clear();
    const last = new Map<string, number>();
    for await (const { sequence, partition, offset } of member.given()) {
      given.add(sequence);
      expect(offset, `the offset after ${last.get(partition)} of ${partition}`).toBeLessThanOrEqual(
        (last.get(partition) ?? -1) + 1,
      );
      last.set(partition, offset);
    }
    return given.size >= events || !member.isRunning;
  });
  expect([given.size, member.complaints]).toEqual([events, []]);
  member.child.kill('SIGINT');
  await member.ended;
}

const TIMEOUT = { timeout: quick(120_000, 7_200_000) };

describe.each(programs)('a ledger on three nats-servers $name', (program) => {
  let starting: Promise<NatsServers> | null = null;
  const cluster = () => {
    starting ??= NatsServers.start({ program, count: 3, isRelayed: true });
    return starting;
  };
  afterAll(async () => (await starting)?.stop());

  it.runIf(isUsed(program))('loses nothing when the leader is killed', TIMEOUT, async () => {
    const servers = await cluster();
    await underLoad(servers, rounds(100), async ({ stream, writers, leader }) => {
      await servers.signal(leader, 'SIGKILL');
      await Promise.all(writers.map((writer) => writer.moreReceipts(RECEIPTS)));
      expect(await servers.leaderOf(stream), 'another server leads').not.toBe(leader);
      servers.spawn(leader);
      await servers.areHealthy();
    });
  });

  it.runIf(isSoak)('loses nothing when all are killed', TIMEOUT, async () => {
    const servers = await cluster();
    await underLoad(servers, rounds(20), async () => {
      for (const at of [0, 1, 2]) await servers.signal(at, 'SIGKILL');
      for (const at of [0, 1, 2]) servers.spawn(at);
      await servers.areHealthy();
    });
  });

  it.runIf(isSoak && program === currentServer)(
    'loses nothing of a framed ledger when the leader or all are killed',
    TIMEOUT,
    async () => {
      const servers = await cluster();
      let round = 0;
      const fault = async ({ writers, leader }: Scene) => {
        const killed = round++ % 2 === 0 ? [leader] : [0, 1, 2];
        for (const at of killed) await servers.signal(at, 'SIGKILL');
        if (killed.length === 1) await Promise.all(writers.map((writer) => writer.moreReceipts(RECEIPTS)));
        for (const at of killed) servers.spawn(at);
        await servers.areHealthy();
      };
      await underLoad(servers, rounds(20), fault, 'framed');
    },
  );

  it.runIf(isSoak && hasSoundCommits(program))('loses nothing when the leader stands still', TIMEOUT, async () => {
    const servers = await cluster();
    await underLoad(servers, rounds(20), async ({ stream, writers, leader }) => {
      await servers.signal(leader, 'SIGSTOP');
      const passed = new Promise((resolve) => setTimeout(resolve, STOPPED_MS));
      await Promise.all(writers.map((writer) => writer.moreReceipts(RECEIPTS)));
      expect(await servers.leaderOf(stream, leader), 'another server leads').not.toBe(leader);
      await passed;
      await servers.signal(leader, 'SIGCONT');
      await servers.areHealthy();
    });
  });

  it.runIf(isSoak && hasSoundCommits(program))(
    'loses nothing when the leader is cut off with a writer on its side',
    TIMEOUT,
    async () => {
      const servers = await cluster();
      let round = 0;
      await underLoad(servers, rounds(20), async ({ stream, writers, others, leader }) => {
        const name = stream.slice('cdex_'.length);
        const interrupted = servers.interruptedAt(leader);
        const alone = new Writer(`nats://${servers.hosts[leader]}/${name}`, {
          name: `${name}c${++round}`,
          seed: 99 + round,
        });
        await alone.moreReceipts(RECEIPTS);
        servers.cutOff(leader, round % 2 === 1 ? 'silent' : 'closed');
        expect(servers.interruptedAt(leader), 'connections were interrupted').toBeGreaterThan(interrupted);
        await Promise.all(writers.map((writer) => writer.moreReceipts(RECEIPTS)));
        expect(await servers.leaderOf(stream, leader), 'another server leads').not.toBe(leader);
        const acknowledged = alone.receipts.length;
        expect(alone.fed, 'it waits for an answer').toBeGreaterThan(acknowledged);
        await Promise.all(writers.map((writer) => writer.moreReceipts(RECEIPTS)));
        expect(alone.receipts.length, 'a server without a majority acknowledges nothing').toBe(acknowledged);
        servers.heal(leader);
        await servers.areHealthy();
        await alone.moreReceipts(RECEIPTS);
        alone.stopFeeding();
        others.push(alone);
      });
    },
  );
});
