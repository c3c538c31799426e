/** Runs one command on a ledger: listens for signals, opens the ledger, does the work, and always closes it. */

import { Completengine, closeAfter, displayedLocation, schemeOf } from '../../index.ts';
import { refuseTakenStreams } from '../state/taken-files.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { busyTimeoutOf } from './durations.ts';
import { type Interrupt, laterThan, listenForInterrupt } from './interrupt.ts';

/** The flags of the base command. */
export interface LedgerFlags {
  readonly ledger: string;
  readonly archive?: string | undefined;
  readonly 'busy-timeout'?: string | undefined;
  /** Only of commands that commit with times of the clock. */
  readonly 'trust-clock'?: boolean;
  readonly quiet?: boolean;
}

/** How long after a signal what is in progress may still wait, for the lock or for servers, to be stored: an acknowledgement, a commit, a checkpoint. */
const LAST_WAIT_MS = 500;
/** Servers that run answer within milliseconds, and an election takes 5 to 7 s: a terminal that shows nothing for so long looks like one that hangs. */
const SILENT_MS = 2000;

/**
 * A signal also aborts the wait for other processes, after {@link LAST_WAIT_MS} for `streaming` work, which stops by itself. The exit code is then that
 * of the signal.
 */
export async function withLedger<Result>(
  flags: LedgerFlags,
  access: 'read' | 'write' | 'streaming',
  work: (engine: Completengine, interrupt: Interrupt) => Promise<Result>,
): Promise<Result> {
  const busyTimeoutMs = busyTimeoutOf(flags);
  refuseTakenStreams(flags.ledger);
  const interrupt = listenForInterrupt();
  try {
    const options =
      access === 'streaming'
        ? { access: 'write' as const, signal: laterThan(interrupt.signal, LAST_WAIT_MS) }
        : { access, signal: interrupt.signal };
    const open = () =>
      Completengine.open({
        ledger: flags.ledger,
        archive: flags.archive,
        create: false,
        busyTimeoutMs,
        trustClock: flags['trust-clock'],
        ...options,
      });
    const engine = await noticed(flags, open);
    return await closeAfter(
      () => work(engine, interrupt),
      () => engine.close(),
    );
  } finally {
    interrupt.setExitCode();
    interrupt.close();
  }
}

/** Says on a terminal that a ledger on servers is waited for. */
async function noticed<Result>({ ledger, quiet }: LedgerFlags, wait: () => Promise<Result>): Promise<Result> {
  if (quiet === true || schemeOf(ledger) === null || process.stderr.isTTY !== true) return wait();
  const servers = escapeForTerminal(displayedLocation(ledger));
  const timer = setTimeout(() => process.stderr.write(`waiting for the servers of ${servers}\n`), SILENT_MS);
  try {
    return await wait();
  } finally {
    clearTimeout(timer);
  }
}
