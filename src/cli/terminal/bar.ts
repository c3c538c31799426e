/** Figures as lengths and heights of blocks. */

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;
const HEIGHTS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** `cells` long where `value` is `most`; what is more than nothing is seen. */
export function bar(value: number, most: number, cells: number): string {
  if (value <= 0 || most <= 0) return '';
  const eighths = Math.max(1, Math.round(Math.min(1, value / most) * cells * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}

/** Columns for values up to `most`, `rows` high, the upper row first: a space for nothing, a dot on the ground where nothing is known. */
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
