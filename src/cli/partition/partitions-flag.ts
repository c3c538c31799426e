/** Reads `--partitions`: a number, or names. */

export function readPartitions(text: string | undefined): number | string[] | undefined {
  if (text === undefined) return undefined;
  return /^\d+$/.test(text) ? Number(text) : text.split(',');
}
