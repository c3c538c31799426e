/** Reads the earthquakes of the fixture, with their times. */

import { readFileSync } from 'node:fs';
import { EARTHQUAKES } from './cli.ts';

export interface Earthquake {
  readonly line: string;
  readonly ms: number;
  readonly net: string;
}

/** In the order of the file, which is by time. */
export function earthquakes(): Earthquake[] {
  const lines = readFileSync(EARTHQUAKES, 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const { properties } = JSON.parse(line) as { properties: { time: number; net: string } };
    return { line, ms: properties.time, net: properties.net };
  });
}

/** The lines of the earthquakes between two instants, the end excluded. */
export function earthquakesBetween(from: string, until: string): string {
  const [first, end] = [Date.parse(from), Date.parse(until)];
  return asLines(earthquakes().filter(({ ms }) => ms >= first && ms < end));
}

export function asLines(quakes: readonly Earthquake[]): string {
  return quakes.map(({ line }) => `${line}\n`).join('');
}
