/** One command's time with a ledger: listens for interruptions, opens, works, and closes whatever happens. */

import { Completengine } from '../index.ts';
import { millisOf } from './durations.ts';
import { type Interrupt, listenForInterrupt } from './interrupt.ts';

/** The flags of the base command. */
interface LedgerFlags {
  readonly ledger: string;
  readonly 'busy-timeout': string;
}

/** An interruption also ends the wait for other processes; the exit code is the signal's then. */
export async function withLedger<Result>(
  flags: LedgerFlags,
  access: 'read' | 'write',
  work: (engine: Completengine, interrupt: Interrupt) => Promise<Result>,
): Promise<Result> {
  const busyTimeoutMs = millisOf(flags['busy-timeout']);
  const interrupt = listenForInterrupt();
  try {
    const engine = await Completengine.open({ ledger: flags.ledger, create: false, access, busyTimeoutMs, signal: interrupt.signal });
    try {
      return await work(engine, interrupt);
    } finally {
      await engine.close();
    }
  } finally {
    interrupt.settleExitCode();
    interrupt.close();
  }
}
