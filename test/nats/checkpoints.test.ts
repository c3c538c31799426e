/** Signed checkpoints of a ledger on NATS, by the commands: signed while events come, verified, cosigned, and proofs that need no server. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { readSigningKey } from '../../src/core/checkpoint/keys.ts';
import { formatNote, parseNote, type SignedNote } from '../../src/core/checkpoint/note.ts';
import { signText } from '../../src/core/checkpoint/signatures.ts';
import { readCheckpointFile } from '../../src/index.ts';
import { finished, runCli, startCli } from '../support/cli.ts';
import { expectFailure, fileIn, numbers, succeed } from '../support/ledger-cli.ts';
import { keyFiles } from '../support/signing-keys.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';
import { installedServer, type ServerProgram } from './support/server-program.ts';
import { NatsServers } from './support/servers.ts';

const program = installedServer as ServerProgram;

interface Site {
  readonly directory: string;
  readonly location: string;
  readonly file: string;
  readonly log: ReturnType<typeof keyFiles>;
}

/** The sequences of the checkpoints in a file. */
const sequencesIn = (file: string): number[] =>
  existsSync(file)
    ? [...readFileSync(file, 'utf8').matchAll(/^completengine\/[0-9a-f-]{36}\n(\d+)\n/gm)].map(([, it]) => Number(it))
    : [];

const verify = ({ location, file, log }: Site, ...args: readonly string[]) =>
  runCli(['inspect', '--verify', '-l', location, '--checkpoint', file, '--public-key', log.publicKey, ...args]);

describe.skipIf(installedServer === null)('checkpoints of a ledger on NATS', () => {
  let servers: NatsServers | undefined;
  afterAll(() => servers?.stop());

  async function site(name: string): Promise<Site> {
    servers ??= await NatsServers.start({ program, count: 1 });
    const directory = tempDir();
    const location = servers.location(name);
    await succeed(['init', '-l', location, '--partitions', '2']);
    return { directory, location, file: join(directory, 'checkpoints'), log: keyFiles(directory, 'log') };
  }

  const emit = ({ location, file, log }: Site, input: string) =>
    succeed(['emit', '-q', '-l', location, '--checkpoint', file, '--sign', log.key], { input });

  it('are signed after the last commit and at an interval, and verified against the log', async () => {
    const it = await site('signed');
    await emit(it, numbers(1, 3));
    const flags = ['-l', it.location, '--checkpoint', it.file, '--sign', it.log.key];
    const child = startCli(['emit', ...flags, '--checkpoint-every', '5ms']);
    onTestFinished(() => void child.kill('SIGKILL'));
    const result = finished(child);
    for (const event of [4, 5]) {
      child.stdin.write(`${event}\n`);
      await until(() => sequencesIn(it.file).at(-1) === event);
    }
    child.stdin.end('6\n');
    expect((await result).code).toBe(0);
    // nothing is signed twice
    await emit(it, '');
    expect(sequencesIn(it.file)).toEqual([3, 4, 5, 6]);
    expect(readFileSync(it.file, 'utf8')).toContain('\nformat completengine/log/1\n');
    const signed = await succeed(['inspect', '-l', it.location, '--sign', it.log.key, '--json']);
    expect(JSON.parse(signed.stdout.toString())).toMatchObject({ head: expect.stringMatching(/^6:/) });
    const { code, stderr, stdout } = await verify(it);
    expect(code, stderr).toBe(0);
    expect(stdout.toString()).toMatch(/^OK: 6 events .* extends 4 signed checkpoints, the last one 6:/);
  });

  it('of another ledger, and of another history, are refused', async () => {
    const [one, other] = [await site('one'), await site('other')];
    await emit(one, numbers(1, 2));
    await emit(other, numbers(1, 2));
    expectFailure(await verify({ ...other, file: one.file, log: one.log }), 3, 'is of the ledger');
    const emission = ['emit', '-l', other.location, '--checkpoint', one.file, '--sign', one.log.key];
    expectFailure(await runCli(emission, { input: '3\n' }), 3, 'of another ledger');
    expectFailure(await verify({ ...one, log: other.log }), 3, 'is not signed by a trusted key');
    const { stdout } = await succeed(['inspect', '-l', other.location, '--json']);
    expect(JSON.parse(stdout.toString()).head).toMatch(/^2:/);
    // somebody who has the key signs another history
    const { text } = parseNote(readCheckpointFile(readFileSync(one.file)).whole.at(-1)?.note ?? '') as SignedNote;
    const otherText = text.replace(/^[A-Za-z0-9+/]{43}=$/m, Buffer.alloc(32, 7).toString('base64'));
    const key = readSigningKey(readFileSync(one.log.key, 'utf8'), 'key');
    const note = formatNote({ text: otherText, signatures: [signText(otherText, 'log', key)] });
    const forged = fileIn(one.directory, 'forged', note);
    expectFailure(await verify({ ...one, file: forged }), 3, 'has another history');
    expectFailure(await verify(one, '--checkpoint', forged), 3, 'a fork');
    const signing = ['inspect', '-l', one.location, '--sign', one.log.key, '--checkpoint', forged];
    expectFailure(await runCli(signing), 3, 'does not extend its last checkpoint');
  });

  it('go on after the server was killed and is back', async () => {
    const it = await site('killed');
    const flags = ['-l', it.location, '--checkpoint', it.file, '--sign', it.log.key, '--checkpoint-every', '5ms'];
    const child = startCli(['emit', '-q', ...flags]);
    onTestFinished(() => void child.kill('SIGKILL'));
    const result = finished(child);
    child.stdin.write('1\n');
    await until(() => sequencesIn(it.file).at(-1) === 1);
    await servers?.signal(0, 'SIGKILL');
    child.stdin.write('2\n');
    servers?.spawn(0);
    await servers?.areHealthy();
    await until(() => sequencesIn(it.file).at(-1) === 2 || child.exitCode !== null);
    child.stdin.end('3\n');
    const { code, stderr } = await result;
    expect(code, stderr).toBe(0);
    const signed = sequencesIn(it.file);
    // the first interval may end before the first event
    expect(signed.filter((sequence) => sequence > 0)).toEqual([1, 2, 3]);
    expect((await verify(it)).stdout.toString()).toContain(`extends ${signed.length} signed checkpoints`);
  });

  it('are cosigned by a witness, which keeps what it has seen', async () => {
    const it = await site('witnessed');
    const witness = keyFiles(it.directory, 'witness');
    await emit(it, numbers(1, 2));
    const cosign = ['inspect', '-l', it.location, '--cosign', witness.key];
    const trusted = ['--checkpoint', it.file, '--public-key', it.log.publicKey];
    const first = await succeed([...cosign, ...trusted]);
    expect(first.stderr).toContain('its first cosignature');
    await emit(it, numbers(3, 4));
    const second = await succeed([...cosign, ...trusted]);
    expect(second.stderr).not.toContain('its first cosignature');
    const notes = [first, second].map(({ stdout }) => stdout.toString()).join('');
    expect(notes.match(/^\u2014 witness /gm)).toHaveLength(2);
    const { code, stderr, stdout } = await verify(
      { ...it, file: fileIn(it.directory, 'kept', notes) },
      ...['--public-key', witness.publicKey, '--witnesses', '1'],
    );
    expect(code, stderr).toBe(0);
    expect(stdout.toString()).toContain('extends 2 signed checkpoints');
  });

  it('are what proofs of events lead to, which are verified without the servers', async () => {
    const it = await site('proven');
    for (const [from, through] of [
      [1, 3],
      [4, 4],
      [5, 6],
    ] as const)
      await emit(it, numbers(from, through));
    const prove = ['inspect', '-l', it.location, '--proof', '--sequence'];
    const before = await succeed([...prove, '4', '--checkpoint', it.file]);
    const now = await succeed([...prove, '2', '--sign', it.log.key]);
    for (const [sequence, { stdout }] of [
      [4, before],
      [2, now],
    ] as const) {
      const file = fileIn(it.directory, `${sequence}.json`, stdout.toString());
      const proven = await succeed(['proof', file, '--public-key', it.log.publicKey, '--json']);
      expect(JSON.parse(proven.stdout.toString())).toMatchObject({ sequence, payload: String(sequence) });
      const hurt = fileIn(
        it.directory,
        'hurt.json',
        stdout.toString().replace(`"sequence":${sequence}`, `"sequence":${sequence + 1}`),
      );
      expectFailure(await runCli(['proof', hurt, '--public-key', it.log.publicKey]), 3, /./);
    }
  });
});
