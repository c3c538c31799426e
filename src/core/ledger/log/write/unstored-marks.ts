/** Marks that were read from the log and are not in the store yet, with the heads after their messages. No I/O. */

import type { LogState } from '../fold/log-state.ts';
import type { Seen } from '../format/messages.ts';
import { type LearnedMarks, type MarkIndex, MemoryMarkIndex } from './mark-index.ts';

interface Entry {
  readonly head: Seen;
  readonly marks: readonly LearnedMarks[];
}

export class UnstoredMarks {
  #from: Seen;
  #entries: Entry[] = [];
  #index = new MemoryMarkIndex();
  /** Ids and pins. */
  #count = 0;

  /** `from`: the place of the store. */
  constructor(from: Seen) {
    this.#from = from;
  }

  /** The place of the store, as it was seen last. */
  get from(): Seen {
    return this.#from;
  }

  get count(): number {
    return this.#count;
  }

  get all(): LearnedMarks[] {
    return this.#entries.flatMap(({ marks }) => marks);
  }

  /** What a message has made: a head, and the marks of its commits. */
  add({ position, ledger: { sequence, hash } }: LogState, marks: readonly LearnedMarks[]): void {
    this.#entries.push({ head: { position, sequence, hash }, marks });
    for (const each of marks) this.#learn(each);
  }

  /** The head after the message at this position, which is not before the place of the store. */
  headAt(position: number): Seen {
    return this.#entries.findLast(({ head }) => head.position <= position)?.head ?? this.#from;
  }

  /** The store is at this place now, and has what lies before it. */
  storedTo(place: Seen): void {
    this.#from = place;
    this.#entries = this.#entries.filter(({ head }) => head.position > place.position);
    this.#index = new MemoryMarkIndex();
    this.#count = 0;
    for (const { marks } of this.#entries) for (const each of marks) this.#learn(each);
  }

  over(store: MarkIndex): MarkIndex {
    return this.#index.over(store);
  }

  #learn(marks: LearnedMarks): void {
    this.#index.learn(marks);
    this.#count += marks.ids.length + marks.pins.length;
  }
}
