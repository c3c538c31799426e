/** Formats what accounts need as blocks of a configuration of nats-server. */

import type { LedgerPermissions } from '../../index.ts';
import { escapeForTerminal } from '../terminal/escape.ts';

type Kind = Exclude<keyof LedgerPermissions, 'location'>;

/** Each needs what stands before it, too. */
const KINDS: readonly (readonly [Kind, string])[] = [
  ['read', 'to read: tail, replay, inspect'],
  ['write', 'to write, in addition: emit, partition'],
  ['groups', 'for consumer groups, in addition to reading'],
  ['create', 'to create it, in addition to writing: init'],
];

export function permissionsText(permissions: LedgerPermissions): string {
  const blocks = KINDS.map(([kind, title]) => {
    const { publish, subscribe } = permissions[kind];
    return [`# ${title}`, ...listOf('publish', publish), ...listOf('subscribe', subscribe)].join('\n');
  });
  return [`# ${escapeForTerminal(permissions.location)}`, ...blocks].join('\n');
}

function listOf(verb: string, subjects: readonly string[]): string[] {
  if (subjects.length === 0) return [];
  return [`${verb}: [`, ...subjects.map((subject) => `  ${JSON.stringify(subject)}`), ']'];
}
