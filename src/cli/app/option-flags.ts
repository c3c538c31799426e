/** Texts of the library name its options, as `fromSequence`: a command shows the flags that set them. */

/** The options that such texts name, in backquotes. */
export const OPTION_FLAGS: Readonly<Record<string, string>> = {
  archive: '--archive',
  atomic: '--atomic',
  busyTimeoutMs: '--busy-timeout',
  checkpoints: '--checkpoint',
  compression: '--compression',
  drop: '--drop',
  durability: '--durability',
  expectHead: '--expect-head',
  follow: '--follow',
  force: '--force',
  format: '--format',
  from: '--from',
  fromSequence: '--from-sequence',
  key: '--key',
  last: '--state',
  late: '--late',
  ledger: '--ledger',
  limit: '--limit',
  lineBytesMax: '--max-line',
  maxGap: '--max-gap',
  maxSkew: '--max-skew',
  merge: '--merge',
  onCommit: '--receipts',
  onReject: '--rejects',
  producer: '--producer',
  publicKeys: '--public-key',
  rate: '--rate',
  speed: '--speed',
  text: '--text',
  through: '--through',
  throughSequence: '--through-sequence',
  time: '--time',
  to: '--to',
  trustClock: '--trust-clock',
  until: '--until',
  where: '--where',
  zone: '--tz',
};

/** The text with flags in place of options. */
export function inFlags(text: string): string {
  return text.replace(/`([a-zA-Z]+)`/g, (quoted, name: string) =>
    Object.hasOwn(OPTION_FLAGS, name) ? (OPTION_FLAGS[name] as string) : quoted,
  );
}
