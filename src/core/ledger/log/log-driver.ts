/** Makes a driver of whatever can open logs: what is left to a store is a log, records beside it, and its own errors. */

import { EVENT_BYTES_MAX } from '../../frames/frame-body.ts';
import { type LedgerConfig, LINE_BYTES_DEFAULT } from '../../model/config.ts';
import { invalidArgument, LedgerError } from '../../model/ledger-error.ts';
import { checkClockTime } from '../../model/time/commit-time.ts';
import { loadZstd } from '../../native/zstd.ts';
import type { BusyLimit, LedgerDriver } from '../driver.ts';
import { readConfig } from '../protocol/stored-settings.ts';
import { beginning, notALedger } from './fold/begin.ts';
import { encodeInit } from './format/epoch.ts';
import { INIT_TOPIC } from './format/messages.ts';
import { commitBytesMaxOf, LogLedger, type LogOptions } from './log-ledger.ts';
import type { OpenedLog } from './log-store.ts';
import type { LogEntry, OrderedLog } from './ordered-log.ts';
import { checkSize } from './write/outcomes.ts';

/** Of a log that says nothing else. */
const BUSY_TIMEOUT_MS = 5000;

export interface LogOpener {
  /** @throws LedgerError NO_LEDGER where there is no log, NOT_A_LEDGER where it is not kept as a ledger needs it, and what the store throws */
  open(
    location: string,
    options: { readonly access: 'read' | 'write'; readonly busyLimit: BusyLimit },
  ): Promise<OpenedLog>;
  /** Makes an empty log, or opens one that is there with the same settings. @throws LedgerError CANNOT_CREATE, NOT_A_LEDGER, INVALID_ARGUMENT */
  create(location: string, config: LedgerConfig, busyLimit: BusyLimit): Promise<OpenedLog>;
  /** Whether anything is stored at the location. */
  exists(location: string): Promise<boolean>;
}

/** Makes a driver. A new ledger's longest line is lowered to what a message takes. */
export function logDriver(opener: LogOpener, options: LogOptions = {}): LedgerDriver {
  return {
    busyTimeoutMs: BUSY_TIMEOUT_MS,
    permissions: null,
    create: async (location, blueprint, clock, busyLimit) => {
      const now = clock.nowMicros();
      checkClockTime(now);
      if (blueprint.config.compression !== null) loadZstd();
      const { log } = await opener.create(location, blueprint.config, busyLimit);
      try {
        const { config } = blueprint;
        const lineBytesMax = fittingLineBytes(config, log);
        const fitting = { ...blueprint, config: { ...config, lineBytesMax, layout: config.layout ?? 'packed' } };
        const entry = encodeInit(fitting, crypto.randomUUID(), now);
        checkSize(entry, log, 'the beginning of the ledger');
        if (fitting.config.layout === 'framed' && log.batchMax < 2 && (await log.last()) === 0)
          throw otherLayout(log.location, 'is empty, and was made for another layout');
        if ((await log.append(entry, { after: 0 })) === null && !(await beginsWith(entry, log)))
          throw await existing(log, config.layout);
      } finally {
        await log.close();
      }
    },
    open: async (location, { access, busyLimit }) => {
      const opened = await opener.open(location, { access, busyLimit });
      const { log } = opened;
      try {
        const first = await log.nextOf(INIT_TOPIC, 1);
        if (first === null) throw (await log.last()) === 0 ? unfinished(log.location) : notALedger(log.location);
        const { genesis, state } = beginning(first, log.location);
        if (genesis.layout === 'framed' && log.batchMax < 2) throw notTogether(log.location);
        const config = readConfig(genesis.ledger.config, () => notALedger(log.location));
        const isWriter = access === 'write';
        // an emitter must learn now that it cannot compress, and not after it has read its input
        if (isWriter && config.compression !== null) loadZstd();
        return await LogLedger.open({ opened, isWriter, genesis, config, beginning: state, options });
      } catch (error) {
        await log.close().catch(() => {});
        throw error;
      }
    },
    exists: (location) => opener.exists(location),
  };
}

/** Where it was sent twice, the first copy may be there although the last answer says otherwise. */
async function beginsWith(entry: LogEntry, log: OrderedLog): Promise<boolean> {
  return (await log.nextOf(INIT_TOPIC, 1))?.body.equals(entry.body) === true;
}

/** The default is lowered to what a message takes; more than that is refused where it was asked for. */
function fittingLineBytes({ lineBytesMax, unique }: LedgerConfig, log: OrderedLog): number {
  const most = commitBytesMaxOf(log, unique !== null) - EVENT_BYTES_MAX;
  if (lineBytesMax <= most || lineBytesMax === LINE_BYTES_DEFAULT) return Math.min(lineBytesMax, most);
  throw invalidArgument(
    `${log.location}: a line of ${lineBytesMax} bytes does not fit into a message`,
    `use \`lineBytesMax\` ${most} or less`,
    'lineBytesMax',
  );
}

/** The ledger that is there already; one of another layout than asked for is no ledger that could be used instead. */
async function existing(log: OrderedLog, asked: LedgerConfig['layout']): Promise<LedgerError> {
  const first = await log.nextOf(INIT_TOPIC, 1);
  if (first === null || asked === null) return ledgerExists(log.location);
  const { layout } = beginning(first, log.location).genesis;
  return layout === asked ? ledgerExists(log.location) : otherLayout(log.location, `is ${layout}, not ${asked}`);
}

function otherLayout(location: string, fact: string): LedgerError {
  return new LedgerError('CONFIG_MISMATCH', {
    message: `${location}: what is there ${fact}`,
    hint: 'leave the layout out, or use another name',
    details: { path: location },
  });
}

function ledgerExists(location: string): LedgerError {
  return new LedgerError('LEDGER_EXISTS', {
    message: `there is a ledger at ${location} already`,
    hint: 'use it, or choose another name',
    details: { path: location },
  });
}

/** A log without a message: its creation was interrupted, and can be done again. */
function unfinished(location: string): LedgerError {
  return new LedgerError('NO_LEDGER', {
    message: `the log at ${location} is empty: no ledger was begun in it`,
    hint: 'create it: completengine init',
    details: { path: location, isEmpty: true },
  });
}

/** Its settings were changed, or it is kept by something older than what made it. */
function notTogether(location: string): LedgerError {
  return new LedgerError('NOT_A_LEDGER', {
    message: `${location}: the ledger is framed, and its log does not append several messages together any more`,
    hint: 'on NATS: set allow_atomic of its stream, on nats-server 2.12 or later',
    details: { path: location },
  });
}
