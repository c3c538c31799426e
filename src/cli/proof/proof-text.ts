/** Reads the file of a proof, and prints what it proves. */

import { readFileSync, statSync } from 'node:fs';
import { LedgerError, unreadableInput } from '../../index.ts';
import type { ProofDocument } from '../../views/proof-document.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { plural } from '../terminal/format-numbers.ts';

/** No proof is longer. */
const FILE_BYTES_MAX = 256 * 1024 * 1024;
const OTHER_FILE = 'name another file';

/** @throws LedgerError NO_INPUT, INPUT_UNREADABLE, PERMISSION_DENIED */
export function readProofFile(path: string): string {
  try {
    const stats = statSync(path);
    if (stats.isFile() && stats.size > FILE_BYTES_MAX) throw unreadable(path, 'it is too large for a proof');
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw unreadableInput(path, error, OTHER_FILE);
    throw new LedgerError('NO_INPUT', {
      message: `there is no proof at ${path}`,
      hint: 'make one: completengine inspect --sequence N --proof --checkpoint FILE > p.json',
      cause: error,
    });
  }
}

function unreadable(path: string, fact: string): LedgerError {
  return new LedgerError('INPUT_UNREADABLE', { message: `${path} cannot be read: ${fact}`, hint: OTHER_FILE });
}

/** One line with what is proven, and the payload. */
export function proofText(proof: ProofDocument, isTerminal: boolean): string {
  const { uuid, sequence, partition, offset, time, givenKey, payload, links, checkpoint, signers } = proof;
  const key = givenKey === null ? '' : `, key ${escapeForTerminal(givenKey)}`;
  const names = signers.map(({ kind, name }) => `${escapeForTerminal(name)}${kind === 'witness' ? ' (witness)' : ''}`);
  const place = `sequence ${sequence}, partition ${partition}, offset ${offset}, ${time}${key}`;
  const proven = `OK: ${place} of ${uuid}; ${plural(links, 'link')} to the checkpoint ${checkpoint}`;
  return `${proven}, signed by ${names.join(', ')}\n${isTerminal ? escapeForTerminal(payload) : payload}`;
}
