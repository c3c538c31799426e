/** Counts the elements that array methods scan or move while a function runs: this reveals quadratic work, however fast the machine is. */

const METHODS = [
  'indexOf',
  'lastIndexOf',
  'includes',
  'find',
  'findIndex',
  'filter',
  'splice',
  'shift',
  'unshift',
  'concat',
] as const;

type Method = (this: readonly unknown[], ...args: unknown[]) => unknown;

export async function arrayWork(run: () => Promise<unknown>): Promise<number> {
  const prototype = Array.prototype as unknown as Record<string, Method>;
  const originals = METHODS.map((name) => [name, prototype[name] as Method] as const);
  let elements = 0;
  for (const [name, original] of originals) {
    prototype[name] = function (...args) {
      elements += this.length;
      return original.apply(this, args);
    };
  }
  try {
    await run();
  } finally {
    for (const [name, original] of originals) prototype[name] = original;
  }
  return elements;
}
