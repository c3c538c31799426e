/** Runs the programs of the peers, and starts their servers. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Companion, run, startCompanion } from '../../src/cli/bench/processes.ts';

const READY_MS_MAX = 15_000;
const POLL_MS = 20;

/** The first version number in the output of a program; null if there is no such program. */
export async function versionOf(command: string, args: readonly string[], signal: AbortSignal): Promise<string | null> {
  const answer = await answerOf(command, args, signal);
  return answer === null ? null : (/\d+(?:\.\d+)+/.exec(answer)?.[0] ?? 'unknown');
}

/** Returns its output; null if it cannot be run. */
export async function answerOf(command: string, args: readonly string[], signal: AbortSignal): Promise<string | null> {
  try {
    return (await run(command, args, signal)).stdout;
  } catch (error) {
    if (signal.aborted) throw error;
    return null;
  }
}

/** Starts a server, waits until `connect` succeeds, and kills the server after the work: its data is discarded. */
export async function withServer<Client extends { close(): void }, Result>(
  server: { command: string; args: readonly string[]; connect: () => Promise<Client> },
  signal: AbortSignal,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const companion = startCompanion(server.command, server.args, signal);
  companion.stdout.resume();
  try {
    const client = await untilReady(server, companion, signal);
    try {
      return await work(client);
    } finally {
      client.close();
    }
  } finally {
    companion.end();
  }
}

async function untilReady<Client>(
  { command, connect }: { command: string; connect: () => Promise<Client> },
  companion: Companion,
  signal: AbortSignal,
) {
  for (const started = performance.now(); ; ) {
    try {
      return await connect();
    } catch (error) {
      if (companion.stdout.closed || performance.now() - started > READY_MS_MAX)
        throw new Error(`${command} cannot be reached`, { cause: error });
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}
