/** The flags of `inspect` that sign, cosign, verify and prove. */

import * as Flags from '@oclif/core/flags';

/** The other flags of `inspect` are about reading. */
const GROUP = 'SIGNING';

/** `views`: flags that show something else, of which an event by its `sequence` is one. */
export function checkpointFlags(views: readonly string[]) {
  const others = views.filter((name) => name !== 'sequence');
  return {
    proof: Flags.boolean({
      helpGroup: GROUP,
      description:
        'print a proof of the event, JSON, that needs no ledger: up to the next checkpoint of --checkpoint, or one that --sign makes now',
      dependsOn: ['sequence'],
      exclusive: ['json', 'public-key', 'witnesses'],
    }),
    sign: Flags.string({
      helpGroup: GROUP,
      description: 'sign the head with this private Ed25519 key (PKCS#8 PEM, or of OpenSSH) and print the checkpoint',
      helpValue: 'KEYFILE',
      exclusive: [...others, 'verify', 'expect-head'],
    }),
    name: Flags.string({
      helpGroup: GROUP,
      description: 'name of the key in the signature; default: completengine/UUID, of a witness: witness',
      helpValue: 'NAME',
    }),
    cosign: Flags.string({
      helpGroup: GROUP,
      description:
        'as a witness, cosign the last checkpoint with this private key, if the ledger extends it and the one cosigned before',
      helpValue: 'KEYFILE',
      exclusive: ['sequence', ...others, 'verify', 'expect-head', 'sign'],
      dependsOn: ['checkpoint', 'public-key'],
    }),
    state: Flags.string({
      helpGroup: GROUP,
      description: 'file in which a witness keeps what it cosigned last; default: KEYFILE.UUID.state',
      helpValue: 'FILE',
      dependsOn: ['cosign'],
    }),
    'next-key': Flags.string({
      helpGroup: GROUP,
      description: 'public key that replaces this one: checkpoints after this one are signed by it',
      helpValue: 'KEYFILE',
      dependsOn: ['sign'],
    }),
    checkpoint: Flags.string({
      helpGroup: GROUP,
      description:
        'file of checkpoints: with --verify the ledger must extend each, with --sign the new one is appended',
      helpValue: 'FILE',
      multiple: true,
      multipleNonGreedy: true,
      exclusive: others,
    }),
    'public-key': Flags.string({
      helpGroup: GROUP,
      description: 'trust this public key of a log or a witness: a file, or NAME+ID+KEY',
      helpValue: 'KEYFILE',
      multiple: true,
      multipleNonGreedy: true,
      dependsOn: ['checkpoint'],
    }),
    witnesses: Flags.integer({
      helpGroup: GROUP,
      description: 'how many trusted witnesses must have cosigned each checkpoint, or one after it',
      helpValue: 'N',
      min: 0,
      dependsOn: ['checkpoint', 'public-key'],
    }),
  };
}
