/** The flag `--partitions`: a count, or names. */

export function readPartitions(text: string): number | string[] {
  return /^\d+$/.test(text) ? Number(text) : text.split(',');
}
