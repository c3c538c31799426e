/**
 * The built library in a process of its own: reads whole ledgers as programs do, one after the other. What hangs can be killed, and what takes too much memory
 * ends this process and not the test.
 *
 * Receives `{ ledger }` and answers with a `Probe`, or with `{ stack }` for an error that is none of the library's.
 */

import { createHash } from 'node:crypto';

const { Completengine, LedgerError } = await import('../../../dist/lib/index.js');

const short = (bytes) => createHash('sha256').update(bytes).digest('base64').slice(0, 12);
const openToRead = (ledger) => Completengine.open({ ledger, create: false, access: 'read' });

/** `result`, or `failure` with the code of the library's error. */
async function outcomeOf(work) {
  try {
    return { result: await work(), failure: null };
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return { result: null, failure: { code: error.code, message: error.message.slice(0, 300) } };
  }
}

async function probe(ledger) {
  const events = [];
  const opened = await outcomeOf(() => openToRead(ledger));
  const engine = opened.result;
  if (engine === null) return { events, failure: opened.failure, verified: null };
  try {
    const { failure } = await outcomeOf(async () => {
      for await (const { sequence, partition, offset, time, key, payload } of engine.replay({ determinism: 'strict' }))
        events.push(`${sequence} ${offset} ${time} ${short(JSON.stringify([partition, key]))} ${short(payload)}`);
    });
    const verified = await outcomeOf(() => engine.verify());
    return { events, failure, verified: verified.failure ?? { events: verified.result.events } };
  } finally {
    await engine.close();
  }
}

process.on('message', async ({ ledger }) => {
  let answer;
  try {
    answer = await probe(ledger);
  } catch (error) {
    answer = { stack: error?.stack ?? String(error) };
  }
  process.send(answer);
});
process.on('disconnect', () => process.exit());
