/** What an invocation asks for besides a command: help or the version. Words after `--` are arguments. */

export function asksForHelp(argv: readonly string[]): boolean {
  return hasWord(argv, '--help', '-h');
}

export function asksForVersion(argv: readonly string[]): boolean {
  return hasWord(argv, '--version', '-V');
}

function hasWord(argv: readonly string[], ...wanted: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).some((word) => wanted.includes(word));
}
