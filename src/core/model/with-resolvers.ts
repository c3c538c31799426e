/** A promise that is settled from outside: `Promise.withResolvers`, which Node has from 22 on. */

export interface Resolvers {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

export function withResolvers(): Resolvers {
  let resolve: () => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<void>((onDone, onFailed) => {
    resolve = onDone;
    reject = onFailed;
  });
  return { promise, resolve, reject };
}
