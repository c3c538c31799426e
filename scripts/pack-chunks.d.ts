export function asScript(body: string): string;

export function packChunks(
  files: readonly { readonly path: string; readonly text: string }[],
  names: { readonly entry: string; readonly often: readonly string[]; readonly seldom: string },
): Promise<{ readonly usual: string; readonly seldom: string }>;
