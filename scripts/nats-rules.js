/** What the code over NATS must never ask of a server, because a server can lose a stream by it, or a ledger its messages. Part of the lint: borders.js. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const RULES = [
  [
    /Nats-Msg-Id|\bmsgID\b/i,
    'servers drop what they take for a duplicate; a message sent twice counts once by the fold',
  ],
  [/Expected-Last-Msg-Id|\blastMsgID\b/i, 'two concurrent ones stop a stream of 2.15 for good'],
  [/roll_?up/i, 'it deletes the messages before it'],
  [/Nats-TTL|msg_ttl|\bttl\b|max_age: *[1-9]/i, 'messages would go by themselves'],
  [/MSG\.DELETE|STREAM\.(DELETE|PURGE|UPDATE|RESTORE)|deleteMessage|\.purge\(/, 'a log keeps what it has acknowledged'],
  [/^import (?!type\b).*client\.ts/m, 'the client is loaded by await import, where a location is opened'],
];

/** `FILE:LINE: TEXT: REASON` of each fault in the sources of a folder. */
export function natsFaults(directory) {
  const files = readdirSync(directory, { recursive: true }).filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) => faultsOf(join(directory, file)));
}

function faultsOf(path) {
  const text = readFileSync(path, 'utf8');
  return RULES.flatMap(([pattern, reason]) => {
    const found = pattern.exec(text);
    if (found === null) return [];
    const line = text.slice(0, found.index).split('\n').length;
    return [`${path}:${line}: ${found[0]}: ${reason}`];
  });
}
