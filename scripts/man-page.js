/** Makes the manual page of oclif's manifest, so that it says what --help says. */

const SECTION = 1;
const TEMPLATE = /<%= *(config\.bin|command\.id) *%>/g;

/** `manifest`: what oclif has collected. `date`: of the page. Returns roff of the macros man(7). */
export function manPage(manifest, { name, version, description }, date) {
  const commands = Object.entries(manifest.commands)
    .filter(([, { hidden }]) => hidden !== true)
    .map(([id, command]) => ({ ...command, verb: id.replaceAll(':', ' ') }))
    .sort((one, other) => (one.verb < other.verb ? -1 : 1));
  return [
    `.TH ${name.toUpperCase()} ${SECTION} "${date}" ${quoted(`${name} ${version}`)} ${quoted('User Commands')}`,
    '.SH NAME',
    `${name} \\- ${roff(description.replace(/\.$/, ''))}`,
    '.SH SYNOPSIS',
    `.B ${name}`,
    '.I command',
    '[arguments] [flags]',
    '.SH DESCRIPTION',
    ...paragraphs(description),
    '.PP',
    `Each command has \\fB\\-\\-help\\fR. Data goes to standard output, everything else to standard error.`,
    '.SH COMMANDS',
    ...commands.flatMap((command) => commandPart(command, name)),
    '.SH ENVIRONMENT',
    ...environment(commands),
    '.SH SEE ALSO',
    '.BR sqlite3 (1),',
    '.BR b3sum (1)',
    '',
  ].join('\n');
}

function commandPart({ verb, summary, description, usage, args, flags, examples }, name) {
  const fill = (text) => text.replace(TEMPLATE, (_, what) => (what === 'config.bin' ? name : verb));
  return [
    `.SS ${quoted(`${name} ${verb}`)}`,
    ...paragraphs(summary),
    ...[usage ?? []].flat().flatMap((line) => ['.PP', `.B ${quoted(`${name} ${fill(line)}`)}`]),
    ...(description === undefined ? [] : ['.PP', ...paragraphs(fill(description))]),
    ...Object.values(args).flatMap((arg) => item(`\\fI${roff(arg.name.toUpperCase())}\\fR`, arg)),
    ...Object.values(flags).flatMap((flag) => item(flagTerm(flag), flag)),
    ...(examples === undefined
      ? []
      : ['.PP', 'Examples:', '.PP', '.nf', ...examples.map((each) => roff(fill(String(each)))), '.fi']),
  ];
}

function flagTerm({ name, char, type, helpValue, options }) {
  const names = [...(char === undefined ? [] : [`-${char}`]), `--${name}`].map((each) => `\\fB${roff(each)}\\fR`);
  const value = options === undefined ? [helpValue ?? 'VALUE'].flat()[0] : options.join('|');
  return type === 'boolean' ? names.join(', ') : `${names.join(', ')} \\fI${roff(value)}\\fR`;
}

function item(term, { description = '', default: preset }) {
  const text = description === '' ? [] : [roff(description)];
  if (typeof preset === 'string' || typeof preset === 'number') text.push(roff(`[default: ${preset}]`));
  return ['.TP', term, ...(text.length === 0 ? ['\\&'] : text)];
}

/** Each variable once. */
function environment(commands) {
  const flags = commands.flatMap(({ flags: each }) => Object.values(each)).filter(({ env }) => env !== undefined);
  const byName = new Map(flags.map((flag) => [flag.env, flag]));
  return [
    ...[...byName].flatMap(([env, { name, description }]) => [
      '.TP',
      `.B ${roff(env)}`,
      roff(`in place of --${name}: ${description}`),
    ]),
    ...[
      '.TP',
      '.B NO_COLOR',
      'no colors, if it is set and not empty',
      '.TP',
      '.B FORCE_COLOR',
      'colors, also in a pipe',
    ],
  ];
}

function paragraphs(text) {
  return text
    .split(/\n+/)
    .filter((line) => line !== '')
    .flatMap((line, nth) => [...(nth === 0 ? [] : ['.PP']), roff(line)]);
}

/** Text as it is: no backslash is an escape, no hyphen a dash that cannot be pasted, and no line a macro. */
function roff(text) {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replace(/^\./gm, '\\&.');
}

/** One argument of a macro. */
function quoted(text) {
  return `"${roff(text).replaceAll('"', '\\(dq')}"`;
}
