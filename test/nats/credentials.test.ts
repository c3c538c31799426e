/** Ways to prove who one is, and that a server is the right one: nkeys and TLS. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import { expect, it } from 'vitest';
import { createStore } from '../../src/core/ledger/nats/store.ts';
import { needs, runProgram } from '../support/fault-tools.ts';
import { rejectionOf } from '../support/refusals.ts';
import { tempDir } from '../support/temp-dir.ts';
import { installedServer, type ServerProgram } from './support/server-program.ts';
import { NatsServers } from './support/servers.ts';

const program = installedServer as ServerProgram;

/** As it is given by variables of the environment. */
function create(location: string, variables: Record<string, string>) {
  const environment = { variables, readText: async () => null };
  return createStore(location, { busyLimit: { limitMs: 30_000 }, environment });
}

it.skipIf(installedServer === null)('a seed of an nkey, in a file with comments', async () => {
  const user = nkeys.createUser();
  const extraConfig = `authorization { users: [ { nkey: ${user.getPublicKey()} } ] }`;
  const servers = await NatsServers.forTest({ program, count: 1, extraConfig });
  const file = join(tempDir(), 'user.nk');
  writeFileSync(file, `# the seed\n${Buffer.from(user.getSeed()).toString('utf8')}\n`);
  const { log } = await create(servers.location('a'), { NATS_NKEY: file });
  expect(await log.last()).toBe(0);
  await log.close();
  writeFileSync(file, nkeys.createUser().getSeed());
  expect(await rejectionOf(create(servers.location('a'), { NATS_NKEY: file }))).toMatchObject({
    code: 'PERMISSION_DENIED',
  });
  for (const seed of ['', 'nonsense']) {
    writeFileSync(file, seed);
    const { code, message } = await rejectionOf(create(servers.location('a'), { NATS_NKEY: file }));
    expect([code, message]).toEqual(['INVALID_ARGUMENT', expect.stringContaining('user.nk')]);
  }
  for (const variable of ['NATS_NKEY', 'NATS_CREDS', 'NATS_CA'])
    expect(await rejectionOf(create(servers.location('a'), { [variable]: '/no/such/file' }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('"/no/such/file" cannot be read (ENOENT)'),
    });
  writeFileSync(file, 'no credentials');
  expect(await rejectionOf(create(servers.location('a'), { NATS_CREDS: file }))).toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('user.nk'),
  });
});

it.skipIf(installedServer === null)('TLS, with an authority of its own', async (context) => {
  needs(context, 'openssl', 'version');
  const directory = tempDir();
  const [certificate, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = await runProgram('openssl', ['req', ...kind, ...names, '-keyout', key, '-out', certificate]);
  expect(made.code).toBe(0);
  const extraConfig = `tls { cert_file: ${JSON.stringify(certificate)}, key_file: ${JSON.stringify(key)} }`;
  const servers = await NatsServers.forTest({ program, count: 1, extraConfig });
  const secure = servers.location('a').replace('nats:', 'tls:');
  for (const location of [servers.location('a'), secure]) {
    const { code, message, hint } = await rejectionOf(create(location, {}));
    expect([code, message]).toEqual(['PERMISSION_DENIED', expect.stringContaining('is not trusted')]);
    expect(hint).toContain('NATS_CA');
    const { log } = await create(location, { NATS_CA: certificate });
    expect(await log.last()).toBe(0);
    await log.close();
  }
  const plain = await NatsServers.forTest({ program, count: 1 });
  expect(await rejectionOf(create(plain.location('a').replace('nats:', 'tls:'), {}))).toMatchObject({
    code: 'UNSUPPORTED_SERVER',
    message: expect.stringContaining('offers no TLS'),
  });
});
