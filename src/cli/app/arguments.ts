/** The arguments of a command in the order in which they were given: oclif's own list puts equal ones together. */

interface Token {
  readonly type: 'arg' | 'flag';
  readonly input: string;
}

export function argumentsInOrder(tokens: readonly Token[]): string[] {
  return tokens.filter(({ type }) => type === 'arg').map(({ input }) => input);
}
