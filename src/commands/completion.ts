/** `completengine completion`: prints the completion script of a shell, which asks this command for candidates. */

import * as Args from '@oclif/core/args';
import { argumentsInOrder } from '../cli/app/arguments.ts';
import { BareCommand } from '../cli/app/bare-command.ts';
import { defaultLedger } from '../cli/app/default-ledger.ts';
import { SCRIPTS, SHELLS } from '../cli/completion/scripts.ts';

export default class Completion extends BareCommand {
  static override summary = 'Print the completion script of a shell.';
  static override description =
    `Commands, flags, files and fixed values are completed, and partitions, groups and producers of the ledger that -l or the environment names.
With -- and the words of a command line it prints the candidates for the last word. That is how the scripts use it.`;
  static override strict = false;
  static override usage = '<%= command.id %> bash|zsh|fish';
  static override examples = [
    "echo 'source <(<%= config.bin %> <%= command.id %> bash)' >> ~/.bashrc",
    "echo 'source <(<%= config.bin %> <%= command.id %> zsh)' >> ~/.zshrc",
    '<%= config.bin %> <%= command.id %> fish > ~/.config/fish/completions/<%= config.bin %>.fish',
  ];
  // without ignoreStdin oclif reads the argument from a pipe
  static override args = {
    shell: Args.string({ description: 'the shell', options: [...SHELLS], required: true, ignoreStdin: true }),
  };

  async run(): Promise<void> {
    const { args, raw } = await this.parse(Completion);
    const words = argumentsInOrder(raw).slice(1);
    if (words.length === 0) {
      process.stdout.write(SCRIPTS[args.shell as keyof typeof SCRIPTS]);
      return;
    }
    const { completionLines } = await import('../cli/completion/complete.ts');
    const { unquoteWord } = await import('../cli/completion/unquote.ts');
    // bash passes words as they are typed
    const typed = args.shell === 'bash' ? words.map(unquoteWord) : words;
    const lines = await completionLines({ root: this.config.root, words: typed, ledger: defaultLedger() });
    process.stdout.write(`${lines.join('\n')}\n`);
  }
}
