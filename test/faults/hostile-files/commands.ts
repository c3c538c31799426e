/** The commands that a damaged ledger is given to: every verb that reads one, and every verb that writes one, in many of its forms. */

import { join } from 'node:path';
import type { Site } from './damage.ts';

export interface Command {
  readonly args: readonly string[];
  readonly input?: string;
  /** Its output is events, or a file: bytes of payloads, which only a terminal must not get as they are. */
  readonly isRaw?: boolean;
  /** Its standard output is the history as the ledger has it, verified. */
  readonly isHistory?: boolean;
}

type Make = (site: Site, group: string) => Command;

const EVENTS =
  '{"tenant":"acme","id":"w1","k":1,"topic":"order","session":"ann","shoal":"cod","at":"2026-01-07T10:00:00Z"}\n';

export const READERS: readonly Make[] = [
  ({ ledger }) => ({ args: ['replay', '-q', '-o', 'envelope', '-l', ledger], isRaw: true, isHistory: true }),
  ({ ledger }) => ({ args: ['inspect', '--verify', '--json', '-l', ledger] }),
  ({ ledger }) => ({ args: ['inspect', '-l', ledger] }),
  ({ ledger }) => ({ args: ['inspect', '--json', '-l', ledger] }),
  ({ ledger }) => ({ args: ['inspect', '--metrics', '-l', ledger] }),
  ({ ledger, directory }) => ({ args: ['inspect', `--html=${join(directory, 'page.html')}`, '-l', ledger] }),
  ({ ledger }) => ({ args: ['inspect', '--timeline', '-l', ledger] }),
  ({ ledger }) => ({ args: ['inspect', '--check', 'lag<1000', '-l', ledger] }),
  ({ ledger }) => ({ args: ['inspect', '--sequence', '3', '-l', ledger], isRaw: true }),
  ({ ledger }) => ({ args: ['inspect', '--sequence', '9', '--json', '-l', ledger] }),
  ({ ledger }) => ({ args: ['inspect', '--permissions', '-l', ledger] }),
  ({ ledger }) => ({ args: ['tail', '-q', '-n', '5', '-l', ledger], isRaw: true }),
  ({ ledger }) => ({
    args: ['tail', '-q', '-n', '5', '-o', 'csv', '--fields', '@sequence,@partition,@key', '-l', ledger],
    isRaw: true,
  }),
  ({ ledger }) => ({
    args: ['tail', '-q', '--from', 'start', '--exit-at-head', '-o', 'envelope', '-l', ledger],
    isRaw: true,
  }),
  ({ ledger }) => ({
    args: ['replay', '-q', '--from', '2026-01-05T10:00:02Z', '--determinism', 'relaxed', '-l', ledger],
    isRaw: true,
  }),
  ({ ledger }) => ({ args: ['replay', '-q', '--key', 'acme', '-l', ledger], isRaw: true }),
  ({ ledger }) => ({ args: ['replay', '-q', '--partition', 'p1', '--from-sequence', '2', '-l', ledger], isRaw: true }),
  ({ ledger }) => ({ args: ['replay', '--dry-run', '--json', '-l', ledger] }),
  ({ ledger, directory }) => ({ args: ['replay', '-q', '--into', join(directory, 'into.codex'), '-l', ledger] }),
  ({ ledger, directory }) => ({ args: ['backup', join(directory, 'backup.codex'), '-l', ledger] }),
  ({ ledger }) => ({ args: ['group', '-l', ledger] }),
  ({ ledger }) => ({ args: ['group', '--json', '-l', ledger] }),
  ({ ledger }, group) => ({ args: ['group', 'show', group, '-l', ledger] }),
  ({ ledger }, group) => ({ args: ['group', 'parked', group, '-l', ledger] }),
  ({ ledger }, group) => ({ args: ['group', 'parked', group, '-o', 'envelope', '-l', ledger], isRaw: true }),
  ({ ledger }) => ({ args: ['partition', '-l', ledger] }),
  ({ ledger }) => ({ args: ['partition', '--json', '-l', ledger] }),
  ({ ledger }) => ({ args: ['partition', 'explain', '-l', ledger], input: EVENTS }),
  ({ ledger }) => ({ args: ['partition', 'reroute', 'hash:topic', '--dry-run', '-l', ledger] }),
  ({ ledger, sound }) => ({ args: ['diff', ledger, sound] }),
  ({ ledger }) => ({ args: ['archive', '--through-sequence', '4', '-l', ledger] }),
  ({ ledger }) => ({ args: ['completion', 'bash', '--', 'completengine', 'tail', '-l', ledger, '--partition', ''] }),
  ({ ledger }) => ({ args: ['completion', 'bash', '--', 'completengine', 'group', 'show', '-l', ledger, ''] }),
];

export const WRITERS: readonly Make[] = [
  ({ ledger }) => ({ args: ['emit', '-q', '-l', ledger], input: EVENTS }),
  ({ ledger }) => ({
    args: ['emit', '--json', '--producer', 'feed', '-l', ledger],
    input: EVENTS.repeat(2).replace('w1', 'w2'),
  }),
  ({ ledger }) => ({ args: ['emit', '--receipts', '--atomic', '-l', ledger], input: EVENTS }),
  ({ ledger }) => ({ args: ['emit', '-q', '--to', 'p0', '-l', ledger], input: EVENTS }),
  ({ ledger }, group) => ({ args: ['tail', '-q', '--group', group, '--idle', '20ms', '-l', ledger], isRaw: true }),
  ({ ledger }) => ({ args: ['tail', '-q', '--group', 'new', '--idle', '20ms', '-l', ledger], isRaw: true }),
  ({ ledger }, group) => ({ args: ['group', 'reset', group, '--from', 'start', '--yes', '--json', '-l', ledger] }),
  ({ ledger }, group) => ({ args: ['group', 'skip', group, 'p1/0', '--yes', '-l', ledger] }),
  ({ ledger }, group) => ({ args: ['group', 'parked', group, '--redeliver', 'all', '-l', ledger] }),
  ({ ledger }, group) => ({ args: ['group', 'parked', group, '--drop', 'all', '--yes', '-l', ledger] }),
  ({ ledger }, group) => ({ args: ['group', 'delete', group, '--yes', '--force', '-l', ledger] }),
  ({ ledger }) => ({ args: ['partition', 'add', 'p88', '-l', ledger] }),
  ({ ledger }) => ({ args: ['partition', 'place', 'acme', 'p1', '-l', ledger] }),
  ({ ledger }) => ({ args: ['partition', 'reroute', 'hash:topic', '-l', ledger] }),
  ({ ledger }) => ({ args: ['compact', '-l', ledger] }),
  ({ ledger }) => ({ args: ['compact', '--compression', 'zstd', '--json', '-l', ledger] }),
  ({ ledger }) => ({ args: ['compact', '--compression', 'none', '-l', ledger] }),
  ({ ledger }) => ({ args: ['archive', '--through-sequence', '4', '--force', '--yes', '-l', ledger] }),
  ({ ledger }) => ({ args: ['archive', '--through-sequence', '14', '--force', '--yes', '--json', '-l', ledger] }),
  ({ ledger }) => ({ args: ['init', '-l', ledger] }),
];
