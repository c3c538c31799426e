/** Finds the seal to begin at: the last one, or the last one before what is looked for. */

import { Fold, type SealEvery } from '../fold/fold.ts';
import { copyState, type Genesis, type LogState, type Summary, summaryOf } from '../fold/log-state.ts';
import { readState } from '../fold/state-text.ts';
import { SEAL_TOPIC } from '../format/messages.ts';
import { joinState, readSealHeader } from '../format/seal.ts';
import type { LogMessage, OrderedLog } from '../ordered-log.ts';
import { wholeMessage } from './with-body.ts';

/** Messages on the topic that are no seal of this ledger are passed over, up to this many in one place. */
const STRAYS_MAX = 64;

export class Seals {
  readonly #log: OrderedLog;
  readonly genesis: Genesis;
  /** As of the first message of the log. */
  readonly #beginning: LogState;
  readonly #sealEvery: SealEvery | undefined;

  constructor(log: OrderedLog, genesis: Genesis, beginning: LogState, sealEvery?: SealEvery) {
    this.#log = log;
    this.genesis = genesis;
    this.#beginning = beginning;
    this.#sealEvery = sealEvery;
  }

  /** A fold at the last seal, or at the beginning. */
  async atLast(): Promise<Fold> {
    const last = await this.#log.lastOf(SEAL_TOPIC);
    const state = last && (await this.#stateIn(last));
    if (state !== null) return this.#foldAt(state);
    // a stray was behind the last seal, or there is none
    return last === null ? this.atBeginning() : this.before(() => true, last.position);
  }

  atBeginning(): Fold {
    return this.#foldAt(copyState(this.#beginning));
  }

  /**
   * A fold at the last seal up to a position for which `isBefore` holds, or at the beginning. It must hold for a run of states from the beginning on, and
   * for none behind that run. Reads about as many seals as the logarithm of the position.
   */
  async before(isBefore: (summary: Summary) => boolean, through: number): Promise<Fold> {
    let [low, high] = [2, through];
    let found: LogState | null = null;
    while (low <= high) {
      const middle = Math.floor((low + high) / 2);
      const seal = await this.#nextFrom(middle, high);
      if (seal === null || !isBefore(summaryOf(seal.state))) {
        high = middle - 1;
        continue;
      }
      // a copy of an old seal may come later
      if (found === null || found.position < seal.state.position) found = seal.state;
      low = seal.position + 1;
    }
    return found === null ? this.atBeginning() : this.#foldAt(found);
  }

  /** The first seal in the range. */
  async #nextFrom(from: number, through: number): Promise<{ state: LogState; position: number } | null> {
    let at = from;
    for (let strays = 0; strays < STRAYS_MAX; strays++) {
      const message = await this.#log.nextOf(SEAL_TOPIC, at);
      if (message === null || message.position > through) return null;
      const state = await this.#stateIn(message);
      if (state !== null) return { state, position: message.position };
      at = message.position + 1;
    }
    return null;
  }

  /** Null if the message is no seal of this ledger, or is not what was sealed. */
  async #stateIn(message: LogMessage): Promise<LogState | null> {
    const header = readSealHeader(message.header);
    if (typeof header === 'string' || header.ledger !== this.genesis.ledger.uuid) return null;
    const isLater = (position: number): boolean => position >= message.position;
    if (isLater(header.seen.position) || header.parts.some(isLater)) return null;
    const parts: Buffer[] = [];
    for (const part of header.parts) parts.push((await wholeMessage(this.#log, part)).body);
    const text = joinState(header, [...parts, message.body]);
    const state = text === null ? null : readState(text);
    return state === null || typeof state === 'string' || state.position !== header.seen.position ? null : state;
  }

  #foldAt(state: LogState): Fold {
    return new Fold(this.genesis, state, this.#sealEvery);
  }
}
