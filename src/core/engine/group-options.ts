/** The options of calls about groups, checked as those of `call-options.ts`. Apart, because an emitter makes none of these calls. */

import type { OptionTable } from '../model/options/option-kinds.ts';
import { flag, group, hook, limit, millis, text, texts, whole } from '../model/options/option-kinds.ts';
import type { ForceOptions, ParkedOptions, SetCursorsOptions } from './group-admin.ts';
import { ABORT, START } from './option-parts.ts';
import type { SubscribeOptions } from './subscription.ts';

export const SUBSCRIBE: OptionTable<SubscribeOptions> = {
  group: text,
  member: text,
  partitions: texts,
  ...START,
  zone: text,
  capacity: limit,
  batch: limit,
  batchBytes: limit,
  concurrency: limit,
  maxDeliver: limit,
  backoffMs: millis,
  ackTimeoutMs: millis,
  leaseMs: millis,
  until: group<NonNullable<SubscribeOptions['until']>>({ limit, head: flag, idleMs: millis }),
  onRetry: hook(),
  onParked: hook(),
  onFenced: hook(),
  onLeases: hook(),
  onError: hook(),
  ...ABORT,
};

export const FORCE: OptionTable<ForceOptions> = { force: flag };
export const PARKED: OptionTable<ParkedOptions> = { after: whole, limit };
export const PLAN_CURSORS: OptionTable<Omit<SetCursorsOptions, 'force'>> = { ...START, partitions: texts, zone: text };
export const SET_CURSORS: OptionTable<SetCursorsOptions> = { ...PLAN_CURSORS, force: flag };
