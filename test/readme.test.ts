/** Runs the README's session and the script of docs/CONSUMERS.md, and checks that the commands and flags of README and docs/COMMANDS.md exist. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { installedServer, type ServerProgram } from './nats/support/server-program.ts';
import { NatsServers } from './nats/support/servers.ts';
import { BIN } from './support/cli.ts';
import { expectSession, sessionOf } from './support/document-session.ts';
import { tempDir } from './support/temp-dir.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
/** The section about ledgers on servers. */
const [ON_MACHINES = ''] = /## On many machines[\s\S]*?(?=\n## )/.exec(README) ?? [];
const COMMANDS = readFileSync(join(ROOT, 'docs/COMMANDS.md'), 'utf8');
const CONSUMERS = readFileSync(join(ROOT, 'docs/CONSUMERS.md'), 'utf8');

describe('the README', () => {
  it('shows a session that runs as it is printed', async () => {
    const directory = tempDir();
    symlinkSync(join(ROOT, 'fixtures'), join(directory, 'fixtures'));
    const steps = sessionOf(README.replace(ON_MACHINES, ''));
    expect(steps.length).toBeGreaterThan(5);
    await expectSession(steps, directory);
  });

  it.skipIf(installedServer === null)('shows a session on a nats-server that runs as it is printed', async () => {
    const directory = tempDir();
    symlinkSync(join(ROOT, 'fixtures'), join(directory, 'fixtures'));
    const servers = await NatsServers.forTest({ program: installedServer as ServerProgram, count: 1 });
    const steps = sessionOf(ON_MACHINES);
    expect(steps.length).toBeGreaterThan(3);
    await expectSession(steps, directory, { shown: 'nats://n1:4222/quakes', real: servers.location('quakes') });
  });

  it('and docs/COMMANDS.md name every command', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')) as {
      commands: Record<string, unknown>;
    };
    for (const verb of Object.keys(manifest.commands))
      expect(README + COMMANDS).toMatch(new RegExp(`^\\| \`${verb.replaceAll(':', ' ')}\\b`, 'm'));
  });

  it('and docs/COMMANDS.md name no flag that does not exist', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')) as {
      commands: Record<string, { flags: Record<string, { aliases?: string[] }> }>;
    };
    const flags = Object.values(manifest.commands).flatMap((command) => Object.entries(command.flags));
    const known = new Set(['help', ...flags.flatMap(([name, { aliases = [] }]) => [name, ...aliases])]);
    const named = [...(README + COMMANDS).matchAll(/(?<=[\s`(])--([a-z][a-z-]*)/g)].map(([, flag]) => flag);
    expect(named.length).toBeGreaterThan(10);
    for (const flag of named) expect(known).toContain(flag);
  });
});

it('docs/CONSUMERS.md shows a consumer that runs as it stands', () => {
  const directory = tempDir();
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(ROOT, join(directory, 'node_modules', 'completengine'));
  symlinkSync(join(ROOT, 'fixtures'), join(directory, 'fixtures'));
  const begin = sessionOf(README).slice(0, 2);
  const run = (program: string, ...args: string[]) => spawnSync(program, args, { cwd: directory, encoding: 'utf8' });
  for (const { command } of begin) expect(run(process.execPath, BIN, ...command.split(' ').slice(1)).status).toBe(0);

  const [, script = '', printed = ''] = /```js\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/.exec(CONSUMERS) ?? [];
  writeFileSync(join(directory, 'consumer.mjs'), script);
  const { status, stdout, stderr } = run(process.execPath, 'consumer.mjs');
  expect(stderr).toBe('');
  expect(status).toBe(0);
  // partitions are fed beside each other
  expect(stdout.split('\n').sort()).toEqual(printed.split('\n').sort());
});
