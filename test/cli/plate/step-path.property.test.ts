import { area, curveStepAfter } from 'd3-shape';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { steppedArea } from '../../../src/cli/plate/step-path.ts';

type Point = readonly [x: number, y: number];

/** The points of a path with absolute or relative lines. */
function pointsOf(d: string): Point[] {
  const points: Point[] = [];
  let [x, y] = [0, 0];
  for (const [, command, numbers] of d.matchAll(/([MLlhvZ])([^MLlhvZ]*)/g)) {
    const [first = 0, second = 0] = (numbers ?? '').split(/[ ,]/).map(Number);
    if (command === 'Z') continue;
    if (command === 'M' || command === 'L') [x, y] = [first, second];
    if (command === 'l') [x, y] = [x + first, y + second];
    if (command === 'h') x += first;
    if (command === 'v') y += first;
    points.push([x, y]);
  }
  return points;
}

/** Without those that lie on the way between their neighbours, and those that are there twice. */
function corners(points: readonly Point[]): Point[] {
  const kept: Point[] = [];
  for (const point of points) {
    const [before, last] = kept.slice(-2);
    if (last === undefined) {
      if (before === undefined || before.join() !== point.join()) kept.push(point);
      continue;
    }
    if (last.join() === point.join()) continue;
    const onward = (axis: 0 | 1) => {
      const other = axis === 0 ? 1 : 0;
      const isLine = before?.[other] === last[other] && last[other] === point[other];
      return isLine && (last[axis] - (before?.[axis] ?? 0)) * (point[axis] - last[axis]) > 0;
    };
    if (onward(0) || onward(1)) kept.pop();
    kept.push(point);
  }
  return kept;
}

it('has the corners of the path that d3 writes, in fewer characters', () => {
  const layers = fc.array(fc.tuple(fc.nat(500), fc.nat(500)), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(layers, (heights) => {
      const layer = heights.map(([low, height]) => [low, low + height] as const);
      const steps = area<readonly [number, number]>()
        .x((_, at) => at)
        .y0(([low]) => low)
        .y1(([, high]) => high)
        .curve(curveStepAfter);
      const absolute = steps([...layer, ...layer.slice(-1)]) ?? '';
      const path = steppedArea(layer);
      expect(corners(pointsOf(path))).toEqual(corners(pointsOf(absolute)));
      expect(path.endsWith('Z')).toBe(true);
      expect(path.length).toBeLessThanOrEqual(absolute.length);
    }),
  );
  expect(steppedArea([])).toBe('');
});
