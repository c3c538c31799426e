/** The beginning of a ledger in a log: what its first message makes. Pure. */

import { LedgerError } from '../../../model/ledger-error.ts';
import type { Epoch } from '../../../model/routing/routing.ts';
import { NO_PLACEMENTS } from '../../../model/routing/routing.ts';
import { parseRoutingSpec } from '../../../model/routing/routing-text.ts';
import { GENESIS } from '../../protocol/chain.ts';
import { firstEpoch, linkEpoch } from '../../protocol/epoch-link.ts';
import { EMPTY_LEDGER } from '../../protocol/ledger-state.ts';
import { readConfig } from '../../protocol/stored-settings.ts';
import { initVersion, readInit } from '../format/epoch.ts';
import { LOG_FORMAT } from '../format/messages.ts';
import type { LogMessage } from '../ordered-log.ts';
import { emptyPartition, emptyState, type Genesis, type LogState, tableOf } from './log-state.ts';

/**
 * The ledger that a log begins with, as of its first message. `location`: of the log, in messages.
 * @throws LedgerError NOT_A_LEDGER, NEWER_FORMAT, DAMAGED_LEDGER
 */
export function beginning(message: LogMessage, location: string): { genesis: Genesis; state: LogState } {
  const version = initVersion(message);
  if (version === null || message.position !== 1) throw notALedger(location);
  if (version > LOG_FORMAT) throw newerFormat(location, version);
  const init = readInit(message);
  if (typeof init === 'string') throw damaged(location, init);
  const { uuid, createdAt, config, partitionNames, partitionIds } = init;
  const settings = readConfig(config, (fact) => damaged(location, fact));
  const genesis = {
    ledger: { uuid, createdAt, config },
    hasUniqueIds: settings.unique !== null,
    layout: settings.layout ?? 'packed',
  };
  const blueprint = {
    config: settings,
    routing: spec(init.routing, location),
    partitionNames,
    partitionIds,
  };
  const hasAll = partitionIds.length > 0 && partitionIds.every((id) => id < partitionNames.length);
  if (!hasAll || new Set(partitionNames).size !== partitionNames.length) throw damaged(location, 'its partitions');
  const place = { position: 1, floor: EMPTY_LEDGER.time, draftedTimes: [], marks: null };
  const first = linkEpoch(GENESIS, genesis.ledger, [], firstEpoch(blueprint), tableOf, place);
  const { epoch } = first.routing;
  const state = emptyState({ ...EMPTY_LEDGER, ...first.routing, placements: NO_PLACEMENTS, hash: first.hash });
  state.position = 1;
  state.epochs.push(epoch as Epoch);
  for (const name of partitionNames) state.partitions.push(emptyPartition(name, 1));
  return { genesis, state };
}

function spec(text: string, location: string) {
  try {
    return parseRoutingSpec(text);
  } catch (cause) {
    throw damaged(location, 'its routing cannot be read', cause);
  }
}

export function notALedger(location: string): LedgerError {
  return new LedgerError('NOT_A_LEDGER', {
    message: `${location}: the log does not begin as a ledger`,
    hint: 'use another name; what is there was made by something else',
    details: { path: location },
  });
}

function newerFormat(location: string, version: number): LedgerError {
  return new LedgerError('NEWER_FORMAT', {
    message: `${location} has format ${version}, and this version reads up to ${LOG_FORMAT}`,
    hint: 'use a later version of completengine',
    details: { path: location, format: version },
  });
}

function damaged(location: string, fact: string, cause?: unknown): LedgerError {
  return new LedgerError('DAMAGED_LEDGER', {
    message: `${location}: the ledger is damaged: its first message cannot be read: ${fact}`,
    hint: 'restore the log from an intact copy',
    details: { path: location },
    cause,
  });
}
