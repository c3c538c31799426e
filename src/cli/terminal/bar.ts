/** Draws numbers as bars and graphs of block characters. */

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;
const HEIGHTS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** A bar of `cells` at `value` = `most`; any value above 0 is visible. */
export function bar(value: number, most: number, cells: number): string {
  if (value <= 0 || most <= 0) return '';
  const eighths = Math.max(1, Math.round(Math.min(1, value / most) * cells * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}

/** A column per value, scaled to `most` and `rows`; the top row first. A space is 0, a dot in the bottom row is an unknown value. */
export function graph(values: readonly (number | null)[], most: number, rows: number): string[] {
  const levels = HEIGHTS.length * rows;
  const heights = values.map((value) =>
    value === null || value <= 0 || most <= 0 ? 0 : Math.ceil(Math.min(1, value / most) * levels),
  );
  return Array.from({ length: rows }, (_, row) => {
    const below = (rows - 1 - row) * HEIGHTS.length;
    return heights.map((height, at) => (below === 0 && values[at] === null ? '·' : block(height - below))).join('');
  });
}

function block(height: number): string {
  return height <= 0 ? ' ' : (HEIGHTS[Math.min(height, HEIGHTS.length) - 1] ?? ' ');
}
