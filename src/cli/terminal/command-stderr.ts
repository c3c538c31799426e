/** Forwards the standard error of a command. On a terminal control characters are escaped, because commands quote payloads. */

import { StringDecoder } from 'node:string_decoder';
import { escapeForTerminal } from './escape.ts';

/** One decoder per run: parallel runs must not share a partial character. */
export function openCommandStderr(): (bytes: Buffer) => void {
  if (process.stderr.isTTY !== true) return (bytes) => void process.stderr.write(bytes);
  const decoder = new StringDecoder('utf8');
  return (bytes) => void process.stderr.write(decoder.write(bytes).replace(/[^\n\t]+/g, escapeForTerminal));
}
