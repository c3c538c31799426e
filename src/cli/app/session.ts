/** One command's time with a ledger: listens for interruptions, opens, works, and closes whatever happens. */

import { Completengine, closeAfter } from '../../index.ts';
import { refuseTakenFiles } from '../state/taken-files.ts';
import { millisOf } from './durations.ts';
import { type Interrupt, laterThan, listenForInterrupt } from './interrupt.ts';

/** The flags of the base command. */
export interface LedgerFlags {
  readonly ledger: string;
  readonly 'busy-timeout': string;
  /** Of commands that commit by the clock. */
  readonly 'trust-clock'?: boolean;
}

/** How long a member of a group may still wait for others to store what it has delivered. */
const LAST_WAIT_MS = 500;

/** An interruption also ends the wait for other processes, for a `member` a little later; the exit code is the signal's then. */
export async function withLedger<Result>(
  flags: LedgerFlags,
  access: 'read' | 'write' | 'member',
  work: (engine: Completengine, interrupt: Interrupt) => Promise<Result>,
): Promise<Result> {
  const busyTimeoutMs = millisOf(flags['busy-timeout']);
  refuseTakenFiles({ ledgers: [flags.ledger] });
  const interrupt = listenForInterrupt();
  try {
    const options =
      access === 'member'
        ? { access: 'write' as const, signal: laterThan(interrupt.signal, LAST_WAIT_MS) }
        : { access, signal: interrupt.signal };
    const engine = await Completengine.open({
      ledger: flags.ledger,
      create: false,
      busyTimeoutMs,
      trustClock: flags['trust-clock'],
      ...options,
    });
    return await closeAfter(
      () => work(engine, interrupt),
      () => engine.close(),
    );
  } finally {
    interrupt.setExitCode();
    interrupt.close();
  }
}
