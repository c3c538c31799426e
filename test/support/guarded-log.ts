/** Logs in memory of ledgers with unique ids and sessions, and indexes over them. */

import { onTestFinished } from 'vitest';
import { toBlueprint } from '../../src/core/engine/open.ts';
import type { Ledger } from '../../src/core/ledger/ledger.ts';
import { beginning } from '../../src/core/ledger/log/fold/begin.ts';
import type { SealEvery } from '../../src/core/ledger/log/fold/fold.ts';
import type { LogMessage, LogRead } from '../../src/core/ledger/log/ordered-log.ts';
import { Seals } from '../../src/core/ledger/log/read/seals.ts';
import { FedIndex, type IndexDue } from '../../src/core/ledger/log/write/fed-index.ts';
import type { MarkIndex } from '../../src/core/ledger/log/write/mark-index.ts';
import type { OpenMarkStore } from '../../src/core/ledger/log/write/mark-store.ts';
import { LedgerError } from '../../src/core/model/ledger-error.ts';
import { parseRoutingSpec } from '../../src/core/model/routing/routing-text.ts';
import { emptyPins, NO_PIN_CHANGES, type PinChanges } from '../../src/core/model/routing/session-pins.ts';
import { NO_TIME } from '../../src/core/model/time/time.ts';
import { systemClock } from '../../src/index.ts';
import { draftOf } from '../ledger-contract/drafts.ts';
import { newMemory } from './memory-driver/memory-driver.ts';
import { MemoryLog, MemoryMessages } from './memory-driver/memory-log.ts';

const busyLimit = { limitMs: 5000 };
const SEAL_EVERY: SealEvery = { messages: 5, bytes: 1 << 30 };
const SESSIONS = 6;

/** The ids of the commit with this number: some texts that are hard to keep, and each once. */
const idsOf = (number: number): string[] => [`id${number}`, `\ud800${number}`, `\u0000é${number}`];
const SESSION_NAMES = Array.from({ length: SESSIONS }, (_, at) => `s${at}`);

/** Commits with three ids and a pin each, and an epoch after every eighth. The ids of two logs with different names differ in their hashes. */
export async function guardedLog(
  commits: number,
  name = 'a',
  start: readonly LogMessage[] = [],
): Promise<LogMessage[]> {
  const { driver, messagesOf } = newMemory({ sealEvery: SEAL_EVERY });
  await driver.create(
    'guarded',
    toBlueprint({ partitions: 2, routing: 'sticky:k', unique: 'id' }),
    systemClock,
    busyLimit,
  );
  const messages = messagesOf('guarded');
  if (start.length > 0) messages.all.splice(0, messages.all.length, ...start);
  const ledger = await driver.open('guarded', { access: 'write', busyLimit });
  for (let number = 0; number < commits; number++) await commit(ledger, number, name);
  await ledger.close();
  return messages.all;
}

async function commit(ledger: Ledger, number: number, name: string): Promise<void> {
  const spec = parseRoutingSpec(number % 16 === 0 ? 'sticky:k,idle=30m' : 'sticky:k');
  const plan = { spec, newPartitionNames: [], partitionIds: [0, 1], placements: [], keepsPlacements: false };
  if (number % 8 === 7) await ledger.beginEpoch(() => plan);
  const basis = await ledger.basis();
  const session = SESSION_NAMES[(number * 5 + name.length) % SESSIONS] as string;
  const [pin] = await ledger.pinsOf([session]);
  const events = idsOf(number).map((_, at) => ({ partition: 0, time: basis.floor + 1 + at, payload: `"${name}"` }));
  const ids = idsOf(number).map((id, index) => ({ id, hash: Buffer.alloc(32, name), index }));
  // a session that never ends is pinned once
  const pins = pin?.lastSeen === NO_TIME ? NO_PIN_CHANGES : pinOf(session, basis.floor + 2, pin?.lastSeen);
  const outcome = await ledger.commit(draftOf(basis, events, { ids, pins }));
  if (outcome.kind !== 'committed') throw new Error(`commit ${number} is a ${outcome.kind}`);
}

function pinOf(session: string, lastSeen: number, before = NO_TIME): PinChanges {
  const key = Buffer.from(session);
  const pins = emptyPins(1, key.length);
  pins.keys.set(key);
  pins.ends[0] = key.length;
  pins.partitions[0] = 0;
  pins.lastSeen[0] = lastSeen;
  pins.lastSeenBefore[0] = before;
  return { pins, timeShiftMax: Number.POSITIVE_INFINITY, agreesAt: null };
}

/** What was read of a log: positions, both included. */
export class RecordedLog extends MemoryLog {
  readonly reads: { readonly from: number; readonly through: number; readonly hasBodies: boolean }[] = [];

  static of(messages: readonly LogMessage[]): RecordedLog {
    const shared = new MemoryMessages();
    shared.all.push(...messages);
    return new RecordedLog('memory', shared);
  }

  /** The message before which the next read of bodies fails. */
  failsAt: number | null = null;

  override async *read(request: LogRead): AsyncGenerator<LogMessage> {
    this.reads.push({ from: request.from, through: request.through, hasBodies: request.hasBodies });
    for await (const message of super.read(request)) {
      if (request.hasBodies && message.position === this.failsAt) {
        this.failsAt = null;
        throw new LedgerError('UNREACHABLE', { message: 'no answer', hint: 'try again' });
      }
      yield message;
    }
  }
}

export function indexOver(
  log: RecordedLog,
  messages: readonly LogMessage[],
  openStore?: OpenMarkStore,
  due?: IndexDue,
): FedIndex {
  const { genesis, state } = beginning(messages[0] as LogMessage, 'memory');
  const index = new FedIndex({ log, seals: new Seals(log, genesis, state, SEAL_EVERY), openStore, due });
  onTestFinished(() => index.close());
  return index;
}

/** Everything that a writer could ask it for. */
export function contentOf(index: MarkIndex, commits: number): unknown {
  const ids = Array.from({ length: commits }, (_, number) => idsOf(number)).flat();
  return {
    ids: [...ids, 'unknown', '\ufffd0', 'é0'].map((id) => index.idOf(id)),
    pins: [...SESSION_NAMES, 'unknown'].map((session) => index.pinOf(session)),
    sessions: index.sessions,
    hasPins: index.hasPins,
  };
}
