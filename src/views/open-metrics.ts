/**
 * Writes the text format of OpenMetrics 1.0. prom-client writes no `# UNIT`, keeps its figures in counters of the
 * process, and cannot set a counter to a value that was read.
 */

/** Labels by name. */
export type Labels = Readonly<Record<string, string>>;

export interface MetricSample {
  readonly labels: Labels;
  readonly value: number;
}

/** Samples with one meaning. */
export interface MetricFamily {
  /** Ends with the unit; a counter's samples add `_total`. */
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly unit?: 'bytes' | 'seconds' | undefined;
  readonly help: string;
  readonly samples: readonly MetricSample[];
}

/** The whole exposition. Families without samples are left out. */
export function openMetricsText(families: readonly MetricFamily[]): string {
  const lines = families.filter(({ samples }) => samples.length > 0).flatMap(familyLines);
  return `${[...lines, '# EOF'].join('\n')}\n`;
}

function familyLines({ name, type, unit, help, samples }: MetricFamily): string[] {
  const sampleName = type === 'counter' ? `${name}_total` : name;
  return [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${escaped(help)}`,
    ...samples.map(({ labels, value }) => `${sampleName}${labelText(labels)} ${value}`),
  ];
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '"': '\\"' };

function escaped(text: string): string {
  return text.replace(/[\\\n"]/g, (character) => ESCAPES[character] ?? character);
}
