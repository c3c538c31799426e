/** An invalid command line, in the words of this project: one line with the fact, one with what to type instead. */

export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}
