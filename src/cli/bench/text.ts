/** Formats a measurement for people: settings, machine, table, and notes about the figures. */

import { escapeForTerminal } from '../terminal/escape.ts';
import { bytes, count } from '../terminal/format-numbers.ts';
import { renderTable } from '../terminal/table.ts';
import type { Comparison, Difference, EarlierBench } from './compare.ts';
import type { BenchDocument } from './document.ts';
import { MEMORY_FILE_SYSTEMS } from './machine.ts';
import { METRICS, type Metric, valueAt } from './metrics.ts';

const NONE = '-';
/** Two runs on an idle machine differ by this much. */
const NOISE = 0.05;

export function benchText(
  document: BenchDocument,
  compared?: { earlier: EarlierBench; comparison: Comparison },
): string {
  const table =
    compared === undefined ? plainTable(document) : comparedTable(document, compared.earlier, compared.comparison);
  const notes = [...notesOf(document), ...(compared === undefined ? [] : comparisonNotes(compared.comparison))];
  return [settingsLine(document), machineLine(document), '', table, '', ...notes].join('\n');
}

function settingsLine({ settings }: BenchDocument): string {
  const { events, lineBytes, routing, partitions, synchronous } = settings;
  return `${count(events)} events of ${count(lineBytes)} bytes, ${routing} over ${count(partitions)} partitions, synchronous=${synchronous}`;
}

function machineLine({ machine }: BenchDocument): string {
  const { cpu, cores, memoryBytes, platform, fileSystem, node, storage, completengine } = machine;
  const parts = [
    `${cores} x ${cpu}`,
    bytes(memoryBytes),
    platform,
    fileSystem,
    `Node ${node.replace(/^v/, '')}`,
    storage,
    `completengine ${completengine}`,
  ];
  return escapeForTerminal(parts.filter((part) => part !== null).join(', '));
}

function plainTable({ figures }: BenchDocument): string {
  const rows = METRICS.map((metric) => [metric.label, shown(metric, valueAt(figures, metric.path))]);
  return renderTable(['figure', 'measured'], ['left', 'right'], rows);
}

function comparedTable({ figures }: BenchDocument, earlier: EarlierBench, { ratios }: Comparison): string {
  const rows = METRICS.map((metric) => {
    const ratio = ratios[metric.path] ?? null;
    const values = [valueAt(figures, metric.path), valueAt(earlier.figures, metric.path)].map((value) =>
      shown(metric, value),
    );
    return [
      metric.label,
      ...values,
      ratio === null ? NONE : ratio.toFixed(2),
      ratio === null ? '' : comparedWith(metric, ratio),
    ];
  });
  return renderTable(['figure', 'now', 'before', 'now/before', ''], ['left', 'right', 'right', 'right', 'left'], rows);
}

function shown({ format }: Metric, value: number | null): string {
  return value === null ? NONE : format(value);
}

function comparedWith({ better }: Metric, ratio: number): string {
  if (Math.abs(ratio - 1) <= NOISE) return '';
  return ratio > 1 === (better === 'higher') ? 'better' : 'worse';
}

function notesOf({ figures, machine, settings }: BenchDocument): string[] {
  const notes = [
    `net of process start: without the ${figures.start.emitOneMs.toFixed(0)} ms that a process takes to emit one event`,
  ];
  const isHere = machine.storage.startsWith('SQLite');
  if (!isHere) {
    notes.push(
      `the servers keep the ledger: sync ${escapeForTerminal(settings.synchronous)}; 4 KiB and fsync is of this machine`,
    );
  } else if (machine.fileSystem !== null && MEMORY_FILE_SYSTEMS.includes(machine.fileSystem)) {
    notes.push(
      `note: ${machine.fileSystem} is in memory: nothing was written to a disk; use --dir with a directory on a disk`,
    );
  } else if (!figures.fsync.seemsToFlush) {
    notes.push(
      `note: this disk does not seem to flush: a median of ${figures.fsync.medianMs} ms is faster than any disk; commits take longer on a disk that flushes`,
    );
  }
  if (settings.durability === 'normal')
    notes.push('note: durability normal: a power failure may lose the last commits');
  if (figures.commit.count < 1000)
    notes.push(`note: ${count(figures.commit.count)} single commits are too few for a p99.9`);
  return notes;
}

function comparisonNotes({ file, measuredAt, settings, machine }: Comparison): string[] {
  const notes = [`before: ${file}, measured ${measuredAt}`];
  if (settings.length > 0) notes.push(`note: the settings differ, so the ratios mean little: ${listed(settings)}`);
  if (machine.length > 0) notes.push(`note: the machine or the programs differ: ${listed(machine)}`);
  return notes.map(escapeForTerminal);
}

function listed(differences: readonly Difference[]): string {
  return differences.map(({ name, before, now }) => `${name} ${before} before, ${now} now`).join('; ');
}
