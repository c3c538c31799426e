/** The parts of history that are kept for reads which go on from one another: a few, those that were used last. */

import type { FoldedCommit } from '../fold/accept.ts';
import type { Summary } from '../fold/log-state.ts';
import type { OrderedLog } from '../ordered-log.ts';
import type { LiveFold } from './live-fold.ts';
import type { Seals } from './seals.ts';
import { lastOf, Stretch } from './stretch.ts';

/** Of as many places that are far from one another, such as those of partitions that groups have come to. */
const STRETCHES_MAX = 8;

/** Whether a place is before the wanted one: it holds for a run from the beginning on, and for none behind that run. */
export type IsBefore = (summary: Summary) => boolean;

export interface Links {
  /** What is known where the commits begin. */
  readonly start: Summary;
  readonly commits: AsyncGenerator<FoldedCommit, void, undefined>;
}

export class Stretches {
  readonly #log: OrderedLog;
  readonly #live: Pick<LiveFold, 'state'>;
  readonly #seals: Seals;
  /** The one that was used last is the last. */
  #stretches: Stretch[] = [];
  /** One place is looked for at a time, so that neighbours find what the first of them has read. */
  #finding: Promise<unknown> = Promise.resolve();

  constructor(log: OrderedLog, live: Pick<LiveFold, 'state'>, seals: Seals) {
    this.#log = log;
    this.#live = live;
    this.#seals = seals;
  }

  /** The commits behind a place, and some before it, to the end. */
  async links(isBefore: IsBefore): Promise<Links> {
    const stretch = await this.#stretchAt(isBefore);
    const { start } = stretch;
    return { start, commits: this.#commits(stretch, start.sequence) };
  }

  async *#commits(first: Stretch, from: number): AsyncGenerator<FoldedCommit, void, undefined> {
    const through = this.#live.state.position;
    let stretch = first;
    let sequence = from;
    for (;;) {
      const found = stretch.after(sequence);
      // others have read on so far that what comes next here is forgotten
      if (found === null) stretch = await this.#stretchAt((summary) => summary.sequence <= sequence);
      else if (found.length === 0 && stretch.position >= through) return;
      else if (found.length === 0) await this.#grow(stretch, through);
      else
        for (const commit of found) {
          sequence = lastOf(commit);
          yield commit;
        }
    }
  }

  #stretchAt(isBefore: IsBefore): Promise<Stretch> {
    const found = this.#finding.catch(() => {}).then(() => this.#find(isBefore));
    this.#finding = found;
    return found;
  }

  async #find(isBefore: IsBefore): Promise<Stretch> {
    const inside = this.#stretches.find(({ start, end }) => isBefore(start) && !isBefore(end));
    const stretch = inside ?? (await this.#nearest(isBefore));
    this.#stretches = [...this.#stretches.filter((each) => each !== stretch), stretch].slice(-STRETCHES_MAX);
    const { position } = this.#live.state;
    if (isBefore(stretch.end) && stretch.position < position) await this.#grow(stretch, position);
    return stretch;
  }

  /** One that ends before the place, where no seal is nearer; or else a new one. */
  async #nearest(isBefore: IsBefore): Promise<Stretch> {
    const sealed = new Stretch(this.#log, await this.#seals.before(isBefore, this.#live.state.position));
    return this.#stretches
      .filter(({ end }) => isBefore(end))
      .reduce((best, each) => (each.position >= best.position ? each : best), sealed);
  }

  async #grow(stretch: Stretch, through: number): Promise<void> {
    try {
      await stretch.grow(through);
    } catch (error) {
      // what it has folded so far may be wrong
      this.#stretches = this.#stretches.filter((each) => each !== stretch);
      throw error;
    }
  }
}
