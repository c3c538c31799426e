/** Returns the arguments of a command in the order given: oclif's own list groups equal ones. */

interface Token {
  readonly type: 'arg' | 'flag';
  readonly input: string;
}

export function argumentsInOrder(tokens: readonly Token[]): string[] {
  return tokens.filter(({ type }) => type === 'arg').map(({ input }) => input);
}
