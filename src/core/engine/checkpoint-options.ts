/** The options of calls about checkpoints and proofs, checked as those of `call-options.ts`. Apart, because an emitter makes none of these calls. */

import type { CheckpointSource } from '../checkpoint/read-checkpoints.ts';
import { expectedHead } from '../model/events/head.ts';
import type { OptionTable } from '../model/options/option-kinds.ts';
import { hook, kindOf, listOf, required, text, whole } from '../model/options/option-kinds.ts';
import type {
  CheckpointOptions,
  CheckpointTrust,
  CosignOptions,
  KeyText,
  ProofOptions,
  VerifyProofOptions,
} from './checkpoint-types.ts';
import { ABORT } from './option-parts.ts';
import type { VerifyOptions } from './verify.ts';

const KEY_TEXT = kindOf<KeyText>('the text of a key, or an object with its name and its text', (value) => {
  const { name, text: it } = (value ?? {}) as { readonly name?: unknown; readonly text?: unknown };
  return typeof value === 'string' || (typeof name === 'string' && typeof it === 'string');
});
const CHECKPOINTS = listOf<CheckpointSource>(
  kindOf('a file of checkpoints', (value) => {
    const { name, bytes } = (value ?? {}) as { readonly name?: unknown; readonly bytes?: unknown };
    return typeof name === 'string' && bytes instanceof Uint8Array;
  }),
  'a list of files of checkpoints, each with a name and its bytes',
);
const TRUST = { publicKeys: listOf(KEY_TEXT, 'a list of keys, each a text, or its name and text'), witnesses: whole };
export const CHECKPOINT: OptionTable<CheckpointOptions> = {
  key: required(KEY_TEXT),
  name: text,
  previous: text,
  nextKey: KEY_TEXT,
};
export const CHECKPOINT_TRUST: OptionTable<CheckpointTrust> = {
  checkpoints: required(CHECKPOINTS),
  publicKeys: required(TRUST.publicKeys),
  witnesses: whole,
};
export const PROOF: OptionTable<ProofOptions> = { key: KEY_TEXT, name: text, checkpoints: CHECKPOINTS, ...ABORT };
export const VERIFY_PROOF: OptionTable<VerifyProofOptions> = {
  publicKeys: required(TRUST.publicKeys),
  witnesses: whole,
};
export const COSIGN: OptionTable<CosignOptions> = {
  ...CHECKPOINT_TRUST,
  key: required(KEY_TEXT),
  name: text,
  last: text,
  onProgress: hook(),
  ...ABORT,
};
export const VERIFY: OptionTable<VerifyOptions> = {
  expectHead: expectedHead,
  checkpoints: CHECKPOINTS,
  ...TRUST,
  onProgress: hook(),
  ...ABORT,
};
