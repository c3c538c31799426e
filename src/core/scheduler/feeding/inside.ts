/**
 * Knows from inside of which deliveries a call is made. A handler that awaits the end of its own consumer would wait for
 * itself, and so would two handlers that await the ends of each other.
 */

import { AsyncLocalStorage } from 'node:async_hooks';

/** What deliveries belong to, and what a caller can wait for. */
export type Owner = object;

/** A delivery in progress. */
interface Scope {
  readonly owner: Owner;
  /** The delivery whose handler waits for this one, as that of an awaited replay does. */
  readonly parent: Scope | null;
  /** Ends that its handler waits for. */
  readonly awaited: Set<Owner>;
  /** False once the handler has ended: what it has started may go on in its context. */
  isRunning: boolean;
}

const current = new AsyncLocalStorage<Scope>();
const running = new Map<Owner, Set<Scope>>();

/** Runs a handler. `isNested`: the caller's handler, if it is in one, waits for it. */
export async function runInside(owner: Owner, isNested: boolean, handler: () => Promise<void>): Promise<void> {
  // a delivery that was only caused by a handler, by its emit for example, is started in its context, too
  const parent = isNested ? (current.getStore() ?? null) : null;
  const scope: Scope = { owner, parent, awaited: new Set(), isRunning: true };
  const scopes = running.get(owner) ?? new Set();
  running.set(owner, scopes.add(scope));
  try {
    await current.run(scope, handler);
  } finally {
    scope.isRunning = false;
    scopes.delete(scope);
    if (scopes.size === 0) running.delete(owner);
    // up to Node 22 it hooks into every promise of the process, which makes an `await` three times as slow; an ended scope counts for nobody
    if (running.size === 0) current.disable();
  }
}

/** Whether the caller is in a handler that has to end before the deliveries of this owner have. */
export function isInside(owner: Owner): boolean {
  const owners = new Set(callers().map((scope) => scope.owner));
  return owners.size > 0 && waitsForAny(owner, owners, new Set());
}

/** Resolves as the promise does; at once if that waits for the caller. `end`: of this owner. */
export async function awaitUnlessInside(owner: Owner, end: Promise<void>): Promise<void> {
  if (isInside(owner)) return;
  const scopes = callers();
  for (const { awaited } of scopes) awaited.add(owner);
  try {
    await end;
  } finally {
    for (const { awaited } of scopes) awaited.delete(owner);
  }
}

/** The deliveries whose handlers wait for the caller, the innermost first. */
function callers(): Scope[] {
  const scopes: Scope[] = [];
  for (let scope = current.getStore() ?? null; scope !== null; scope = scope.parent)
    if (scope.isRunning) scopes.push(scope);
  return scopes;
}

function waitsForAny(owner: Owner, owners: ReadonlySet<Owner>, seen: Set<Owner>): boolean {
  if (owners.has(owner)) return true;
  if (seen.has(owner)) return false;
  seen.add(owner);
  return [...(running.get(owner) ?? [])].some(({ awaited }) =>
    [...awaited].some((next) => waitsForAny(next, owners, seen)),
  );
}
