/** What a server reports on its monitoring port. */

/** A server that does not answer its monitoring is not waited for long: its settings are then unknown. */
const MONITOR_MS = 2000;
const ALWAYS = 'always';
const UNKNOWN = 'unknown';

/** How a server syncs: `always`, its interval, or `unknown`. Before 2.12 no server reports it. `monitor`: address of its monitoring, null if none is known. */
export async function syncOf(monitor: string | null): Promise<string> {
  if (monitor === null) return UNKNOWN;
  try {
    const answer = await fetch(`${monitor}/varz`, { signal: AbortSignal.timeout(MONITOR_MS) });
    const { jetstream } = (await answer.json()) as {
      jetstream?: { config?: { sync_always?: boolean; sync_interval?: number } };
    };
    const { sync_always, sync_interval } = jetstream?.config ?? {};
    if (sync_always === true) return ALWAYS;
    return typeof sync_interval === 'number' ? `every ${sync_interval / 1e9} s` : UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}

/** Whether a server has said that it acknowledges before it syncs. */
export function syncsLater(sync: string): boolean {
  return sync !== ALWAYS && sync !== UNKNOWN;
}
