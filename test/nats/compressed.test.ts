/** Ledgers on a nats-server whose events travel compressed, beside plain ones and files. */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore, openStore } from '../../src/core/ledger/nats/store.ts';
import { EARTHQUAKES, runCli } from '../support/cli.ts';
import { earthquakeLedger, expectFailure, PLAIN, replayed, succeed } from '../support/ledger-cli.ts';
import { PlantedPackage } from '../support/planted-package.ts';
import { nodeHasZstd } from '../support/zstd.ts';
import { installedServer, type ServerProgram } from './support/server-program.ts';
import { NatsServers } from './support/servers.ts';

const busyLimit = { limitMs: 30_000 };
const ZSTD = ['--compression', 'zstd'] as const;

/** Prints how it ends to create a ledger, to write to one, and to find what was to be created; then what a reader has of it. */
const WITHOUT_ZSTD = `
  import { Completengine } from 'completengine';
  const { LEDGER: ledger, NEVER: never } = process.env;
  const codeOf = (work) => work.then(() => 'done', ({ code }) => code);
  console.log(
    await codeOf(Completengine.create(never, { compression: 'zstd' })),
    await codeOf(Completengine.open({ ledger })),
    await codeOf(Completengine.open({ ledger: never, create: false, access: 'read' })),
  );
  const reader = await Completengine.open({ ledger, create: false, access: 'read' });
  const { head, identity } = await reader.inspect();
  console.log(
    head.sequence,
    identity.config.compression.codec,
    await codeOf(reader.replay({ determinism: 'relaxed' }).deliver(null)),
    await codeOf(reader.verify()),
  );
  await reader.close();`;

interface Overview {
  readonly config: { readonly compression: string };
  readonly storage: { readonly bytes: number };
  readonly partitions: readonly { readonly bytes: number; readonly storedBytes: number }[];
}

describe.skipIf(installedServer === null)('a ledger on NATS whose events are compressed (zstd)', () => {
  let servers: NatsServers;
  beforeAll(async () => {
    servers = await NatsServers.start({ program: installedServer as ServerProgram, count: 1 });
  });
  afterAll(() => servers?.stop());

  async function onNats(name: string, ...initArgs: string[]): Promise<string> {
    const ledger = servers.location(name);
    await succeed(['init', '-l', ledger, '--routing', 'hash:properties.net', '--time', 'properties.time', ...initArgs]);
    await succeed(['emit', '-q', '-l', ledger, EARTHQUAKES]);
    return ledger;
  }

  const overviewOf = async (ledger: string): Promise<Overview> =>
    JSON.parse((await succeed(['inspect', '--json', '-l', ledger])).stdout.toString());
  const digestOf = async (ledger: string, ...args: string[]) =>
    /digest ([0-9a-f]{64})/.exec((await succeed(['replay', '-l', ledger, ...args])).stderr)?.[1];
  const storedShare = ({ partitions }: Overview): number => {
    const sum = (size: 'bytes' | 'storedBytes') => partitions.reduce((all, each) => all + each[size], 0);
    return sum('storedBytes') / sum('bytes');
  };

  it('takes as little of its stream as of a file, and replays the same bytes', async () => {
    const [plain, zstd] = [await onNats('plain', ...PLAIN), await onNats('zstd', ...ZSTD)];
    const file = await earthquakeLedger(...ZSTD);
    const [plainOverview, overview, ofFile] = [await overviewOf(plain), await overviewOf(zstd), await overviewOf(file)];
    expect(overview.config.compression).toBe('zstd:1');
    expect(storedShare(plainOverview)).toBe(1);
    // a file has frames of other lengths
    expect(storedShare(overview)).toBeLessThan(storedShare(ofFile) * 1.1);
    // headers and the seal are not compressed
    const uncompressed = 16 * 1024;
    expect(overview.storage.bytes).toBeLessThan(plainOverview.storage.bytes * storedShare(ofFile) * 1.1 + uncompressed);
    expect(await replayed(zstd)).toBe(readFileSync(EARTHQUAKES, 'utf8'));
    expect(await digestOf(zstd)).toBe(await digestOf(plain));
    expect(await digestOf(zstd)).toBe(await digestOf(file));
    expect((await succeed(['inspect', '--verify', '-l', zstd])).stdout.toString()).toMatch(/^OK: 1,707 events/);
    const text = (await succeed(['inspect', '-l', zstd])).stdout.toString();
    expect(text).toMatch(/^settings .*, compression zstd:1$/m);
    expect(text).toMatch(/^frames +[\d.]+ MB, stored compressed as [\d.]+ kB$/m);
  });

  it('shows a changed byte of a compressed body', async () => {
    const original = await onNats('original', ...ZSTD);
    const { log } = await openStore(original, { busyLimit });
    const changed = servers.location('changed');
    const copy = await createStore(changed, { busyLimit });
    for await (const { topic, header, body } of log.read({ from: 1, through: await log.last(), hasBodies: true })) {
      const bytes = Buffer.from(body);
      const middle = bytes.length >> 1;
      if (topic === 'c.m') bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
      await copy.log.append({ topic, header, body: bytes });
    }
    await Promise.all([log.close(), copy.log.close()]);
    await succeed(['inspect', '-l', changed]);
    expectFailure(
      await runCli(['inspect', '--verify', '-l', changed]),
      3,
      /the commit at sequence 1 is corrupt: .*partition \d/,
    );
    expectFailure(await runCli(['replay', '-q', '-l', changed]), 3, 'the commit at sequence 1 is corrupt');
    const relaxed = ['replay', '-q', '--determinism', 'relaxed', '-l', changed];
    expectFailure(await runCli(relaxed), 3, 'the commit at sequence 1 is corrupt');
  });

  it.runIf(!nodeHasZstd)('needs zstd where it is written and its events are read, and nowhere else', async () => {
    const planted = new PlantedPackage();
    planted.remove('zstd-napi');
    const ledger = await onNats('codec', ...ZSTD);
    const { out, err } = planted.program(WITHOUT_ZSTD, { LEDGER: ledger, NEVER: servers.location('never') });
    expect(out, err).toBe('CANNOT_LOAD CANNOT_LOAD NO_LEDGER\n1707 zstd CANNOT_LOAD CANNOT_LOAD\n');
  });
});
