/** Describes the machine and the versions of the programs, without which figures mean nothing. */

import { statfsSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';

export interface Machine {
  readonly completengine: string;
  readonly node: string;
  /** The program that keeps the ledger, with its version. */
  readonly storage: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly platform: string;
  /** Of the temporary directory; null if unknown. */
  readonly fileSystem: string | null;
}

/** The magic numbers of statfs(2) on Linux; other systems use different ones. */
const LINUX_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0xf2f52010, 'f2fs'],
  [0x2fc12fc1, 'zfs'],
  [0xca451a4e, 'bcachefs'],
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
  [0x794c7630, 'overlayfs'],
  [0x6969, 'nfs'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb2'],
  [0x01021997, '9p'],
  [0x65735546, 'fuse'],
  [0x6a656a63, 'virtiofs'],
]);

/** File systems in memory, where durability costs nothing. */
export const MEMORY_FILE_SYSTEMS: readonly string[] = ['tmpfs', 'ramfs'];

export function describeMachine(directory: string, versions: { completengine: string; storage: string }): Machine {
  return {
    completengine: versions.completengine,
    node: process.version,
    storage: versions.storage,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    platform: `${platform()} ${release()} ${arch()}`,
    fileSystem: fileSystemOf(directory),
  };
}

function fileSystemOf(directory: string): string | null {
  if (platform() !== 'linux') return null;
  // signed on some machines
  const type = statfsSync(directory).type >>> 0;
  return LINUX_FILE_SYSTEMS.get(type) ?? `0x${type.toString(16)}`;
}
