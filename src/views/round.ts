/** Rounds measured figures to the precision of the measurement. */

export function toThousandths(value: number): number;
export function toThousandths(value: number | null): number | null;
export function toThousandths(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1000) / 1000;
}

/** Rounds every figure of a flow. */
export function roundedFigures<Figures extends { readonly [Name in keyof Figures]: number | null }>(
  figures: Figures | null,
): Figures | null {
  if (figures === null) return null;
  const rounded = Object.entries<number | null>(figures).map(([name, value]) => [name, toThousandths(value)]);
  return Object.fromEntries(rounded) as Figures;
}
