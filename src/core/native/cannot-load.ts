/**
 * Explains why a native module cannot be loaded: one line with its version and Node's, and one with the command to run.
 */

import { LedgerError } from '../model/ledger-error.ts';
import { reinstallCommand } from './reinstall-command.ts';

export interface NativeModule {
  readonly name: string;
  /** Undefined if not even its package can be read. */
  readonly version: string | undefined;
}

/** A CANNOT_LOAD that names the module and this Node. `fact` follows the name of the module. */
export function unusable({ name, version }: NativeModule, fact: string, hint: string, cause?: unknown): LedgerError {
  const { node, modules } = process.versions;
  return new LedgerError('CANNOT_LOAD', {
    message: `${version === undefined ? name : `${name} ${version}`} ${fact}`,
    hint,
    details: { module: name, version, node, abi: Number(modules), platform: process.platform, arch: process.arch },
    cause,
  });
}

/** Converts an error thrown while loading to CANNOT_LOAD. */
export function cannotLoad(module: NativeModule, error: unknown): LedgerError {
  const cause = mostSpecific(error);
  const text = cause instanceof Error ? cause.message : String(cause);
  const { node, modules } = process.versions;

  const [, compiledFor] = /NODE_MODULE_VERSION (\d+)/.exec(text) ?? [];
  if (compiledFor !== undefined) {
    return unusable(
      module,
      `was compiled for another Node (ABI ${compiledFor}), and this is Node ${node} (ABI ${modules})`,
      reinstallCommand(),
      error,
    );
  }
  const [, wanted] = /version [`'](GLIBC(?:XX)?_[\d.]+)' not found/.exec(text) ?? [];
  if (wanted !== undefined) {
    const fact = `needs ${wanted}, and this system has glibc ${glibcVersion()} (Node ${node})`;
    return unusable(
      module,
      fact,
      'run it on a newer release of this system, or in a container of one: docker run -it node:24',
      error,
    );
  }
  if (isMissing(cause, text)) {
    return unusable(
      module,
      `has no binary here for Node ${node} on ${process.platform} ${process.arch}`,
      installHint(),
      error,
    );
  }
  return unusable(module, `cannot be loaded by Node ${node}: ${text.split('\n', 1)[0]}`, reinstallCommand(), error);
}

/** Node-API of Node 22.14, which the binaries in the packages need. */
const NODE_API_MIN = 10;

/** Installing again does not help a Node that is too old. */
function installHint(): string {
  const command = reinstallCommand();
  const { napi } = process.versions;
  if (command === 'npm run setup' || Number(napi) >= NODE_API_MIN) return command;
  return 'install Node 22.14 or later, which an installed completengine needs: nvm install 24';
}

/**
 * Loaders that try several files chain the errors of all attempts. The file that exists and does not fit explains more
 * than the missing ones.
 */
function mostSpecific(error: unknown): unknown {
  for (let each = error; each instanceof Error; each = each.cause) {
    if ((each as NodeJS.ErrnoException).code === 'ERR_DLOPEN_FAILED') return each;
  }
  return error;
}

function isMissing(cause: unknown, text: string): boolean {
  return (
    (cause as NodeJS.ErrnoException | null)?.code === 'MODULE_NOT_FOUND' ||
    /^(Could not locate the bindings file|Cannot find native binding)/.test(text)
  );
}

/** Collecting the report takes milliseconds, and with network interfaces seconds: only for a message. */
function glibcVersion(): string {
  const report = process.report as typeof process.report & { excludeNetwork: boolean };
  report.excludeNetwork = true;
  const { header } = report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime ?? 'none (another C library)';
}
