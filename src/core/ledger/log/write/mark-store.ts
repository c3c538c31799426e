/** The port of an index that can outlive its process, with the place in the log up to which it was fed. Other processes may feed it at any moment. */

import type { Seen } from '../format/messages.ts';
import { type LearnedMarks, type MarkIndex, MemoryMarkIndex } from './mark-index.ts';

/** Every method throws {@link LostStore} where the store cannot be used any more. */
export interface MarkStore extends MarkIndex {
  /** The place up to which it was fed; null: it is empty. */
  fed(): Seen | null;
  /** In one step, on the disk when it returns: learns, in this order, and is at the place `to`. False, and nothing is done, where it is not at `from` any more. */
  feed(marks: readonly LearnedMarks[], from: Seen | null, to: Seen): boolean;
  /** Empties it, unless it is not at this place any more. */
  clear(from: Seen): void;
  /** Whatever the work looks up is of one moment. */
  snapshot<Result>(work: () => Result): Result;
  close(): void;
}

/** Opens the store of the ledger with this uuid, and replaces one that is damaged by an empty one. Rejects where none can be had. */
export type OpenMarkStore = (uuid: string) => Promise<MarkStore>;

/** The store cannot be used any more. What it held can be read from the log again. */
export class LostStore extends Error {}

export function isSameHead(one: Omit<Seen, 'position'>, other: Omit<Seen, 'position'>): boolean {
  return one.sequence === other.sequence && one.hash.equals(other.hash);
}

export function isSamePlace(one: Seen | null, other: Seen | null): boolean {
  if (one === null || other === null) return one === other;
  return one.position === other.position && isSameHead(one, other);
}

/** A store that ends with its process. */
export class MemoryMarkStore implements MarkStore {
  #index = new MemoryMarkIndex();
  #fed: Seen | null = null;

  idOf: MarkStore['idOf'] = (id) => this.#index.idOf(id);
  pinOf: MarkStore['pinOf'] = (session) => this.#index.pinOf(session);

  get sessions(): number {
    return this.#index.sessions;
  }

  get hasPins(): boolean {
    return this.#index.hasPins;
  }

  fed(): Seen | null {
    return this.#fed;
  }

  feed(marks: readonly LearnedMarks[], from: Seen | null, to: Seen): boolean {
    if (!isSamePlace(from, this.#fed)) return false;
    for (const each of marks) this.#index.learn(each);
    this.#fed = to;
    return true;
  }

  clear(from: Seen): void {
    if (!isSamePlace(from, this.#fed)) return;
    this.#index = new MemoryMarkIndex();
    this.#fed = null;
  }

  snapshot<Result>(work: () => Result): Result {
    return work();
  }

  close(): void {}
}
