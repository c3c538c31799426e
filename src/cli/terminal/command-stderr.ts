/** Passes on what a command says to standard error; on a terminal with whatever that would obey shown as codes, because commands quote payloads. */

import { StringDecoder } from 'node:string_decoder';
import { escapeForTerminal } from './escape.ts';

/** For one run: runs beside each other must not share a half character. */
export function openCommandStderr(): (bytes: Buffer) => void {
  if (process.stderr.isTTY !== true) return (bytes) => void process.stderr.write(bytes);
  const decoder = new StringDecoder('utf8');
  return (bytes) => void process.stderr.write(decoder.write(bytes).replace(/[^\n\t]+/g, escapeForTerminal));
}
