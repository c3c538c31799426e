/** Stepped areas, in few characters. */

import { area, curveStepAfter } from 'd3-shape';

/** The `d` of an area with one step a bucket, from the first value of it to the second. Values are whole; a bucket is one wide. */
export function steppedArea(buckets: readonly (readonly [from: number, to: number])[]): string {
  const last = buckets.at(-1);
  if (last === undefined) return '';
  const path = new StepPath();
  area<readonly [number, number]>()
    .x((_, at) => at)
    .y0(([from]) => from)
    .y1(([, to]) => to)
    .curve(curveStepAfter)
    // of a canvas it needs these three methods alone
    .context(path as never)([...buckets, last]); // a step needs the end of its last bucket, too
  return path.toString();
}

/**
 * The context that d3 draws on. Relative, with upright and level lines as `v` and `h`, and lines in a row as one: a fifth of the characters that absolute points take. Coordinates are
 * whole numbers, so that no error adds up.
 */
class StepPath {
  #text = '';
  #x = 0;
  #y = 0;
  /** The line that may go on. */
  #across = 0;
  #along = 0;

  moveTo(x: number, y: number): void {
    this.#write();
    this.#text += `M${x} ${y}`;
    this.#x = x;
    this.#y = y;
  }

  lineTo(x: number, y: number): void {
    const [across, along] = [x - this.#x, y - this.#y];
    if (!isOnward(this.#across, this.#along, across, along)) this.#write();
    this.#across += across;
    this.#along += along;
    this.#x = x;
    this.#y = y;
  }

  closePath(): void {
    this.#write();
    this.#text += 'Z';
  }

  toString(): string {
    return this.#text;
  }

  #write(): void {
    const [across, along] = [this.#across, this.#along];
    if (across !== 0 && along !== 0) this.#text += `l${across} ${along}`;
    else if (across !== 0) this.#text += `h${across}`;
    else if (along !== 0) this.#text += `v${along}`;
    this.#across = 0;
    this.#along = 0;
  }
}

/** Whether the second line goes on in the direction of the first one, upright or level. */
function isOnward(across: number, along: number, nextAcross: number, nextAlong: number): boolean {
  if (nextAcross === 0 && nextAlong === 0) return true;
  if (along === 0 && nextAlong === 0) return across * nextAcross >= 0;
  return across === 0 && nextAcross === 0 && along * nextAlong >= 0;
}
