/** Formats numbers for people. */

/** Groups digits by threes with commas. Not by `Intl.NumberFormat`, whose loading takes a tenth of a short command's time. */
export function count(value: number): string {
  const [whole = '', fraction] = String(value).split('.');
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** `1 event`, `2 events`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** `sequence 7`, `sequences 1-1707`. */
export function sequences(first: number | null, last: number | null): string {
  return first === last ? `sequence ${first}` : `sequences ${first}-${last}`;
}

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let rest = value;
  let unit = 0;
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${unit === 0 ? rest : rest.toFixed(rest < 10 ? 2 : 1)} ${units[unit]}`;
}

/** `24.4 %` of 0.244. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** A duration in its two largest units: `20ms`, `1.4s`, `52s`, `4m 10s`, `3h 12m`, `5d 3h`, `8y 120d`. */
export function span(ms: number): string {
  if (ms < SECOND - 0.5) return `${Math.round(ms)}ms`;
  if (ms < 10 * SECOND) return `${Number((ms / SECOND).toFixed(1))}s`;
  const whole = Math.round(ms / SECOND) * SECOND;
  if (whole < MINUTE) return `${whole / SECOND}s`;
  const two = (large: number, largeName: string, small: number, smallName: string) =>
    `${count(Math.floor(whole / large))}${largeName} ${Math.floor((whole % large) / small)}${smallName}`;
  if (whole < HOUR) return two(MINUTE, 'm', SECOND, 's');
  if (whole < DAY) return two(HOUR, 'h', MINUTE, 'm');
  return whole < YEAR ? two(DAY, 'd', HOUR, 'h') : two(YEAR, 'y', DAY, 'd');
}

/** A rate with three significant digits, and one decimal below 100. */
export function perSecond(value: number): string {
  return count(Math.abs(value) < 99.95 ? Number(value.toFixed(1)) : Number(value.toPrecision(3)));
}

/** Events per second, with three significant digits. */
export function rate(events: number, ms: number): string {
  if (ms <= 0 || events === 0) return '0 events/s';
  const perSecond = (events * 1000) / ms;
  return `${count(Number(perSecond.toPrecision(3)))} events/s`;
}
