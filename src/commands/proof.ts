/** `completengine proof`: verifies the proof of one event, without a ledger. */

import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BareCommand } from '../cli/app/bare-command.ts';
import { proofText, readProofFile } from '../cli/proof/proof-text.ts';
import { Completengine } from '../index.ts';
import { type ProofDocument, proofDocument } from '../views/proof-document.ts';

export default class Proof extends BareCommand {
  static override summary = 'Verify the proof of one event, without its ledger.';
  static override description =
    `inspect --sequence N --proof makes such a proof: the event with its commit, and the links of the hash chain from there to a signed checkpoint. The exit code is 0 if all of it holds and the checkpoint is signed by a trusted key, otherwise 3.`;
  static override enableJsonFlag = true;
  static override usage = '<%= command.id %> FILE --public-key KEYFILE... [--witnesses N] [--json]';
  static override examples = [
    '<%= config.bin %> inspect --sequence 1000 --proof --checkpoint checkpoints > p.json',
    '<%= config.bin %> <%= command.id %> p.json --public-key log.pub',
    '<%= config.bin %> <%= command.id %> p.json --public-key log.pub --json | jq -r .payload',
  ];
  // without ignoreStdin oclif reads the argument from a pipe
  static override args = {
    file: Args.string({ description: 'file of the proof', required: true, ignoreStdin: true }),
  };
  static override flags = {
    'public-key': Flags.string({
      description: 'trust this public key of a log or a witness: a file, or NAME+ID+KEY',
      helpValue: 'KEYFILE',
      multiple: true,
      multipleNonGreedy: true,
      required: true,
    }),
    witnesses: Flags.integer({
      description: 'how many trusted witnesses must have cosigned the checkpoint',
      helpValue: 'N',
      min: 0,
    }),
  };

  async run(): Promise<ProofDocument> {
    const { args, flags } = await this.parse(Proof);
    const { readPublicKeyFiles } = await import('../cli/checkpoint/key-files.ts');
    const publicKeys = readPublicKeyFiles(flags['public-key']);
    const { witnesses } = flags;
    const document = proofDocument(
      await Completengine.verifyProof(readProofFile(args.file), { publicKeys, witnesses }),
    );
    this.log(proofText(document, process.stdout.isTTY === true));
    return document;
  }
}
