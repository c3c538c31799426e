declare module 'parse-prometheus-text-format' {
  interface Family {
    readonly name: string;
    readonly type: string;
    readonly metrics: readonly { readonly value?: string; readonly labels?: Record<string, string> }[];
  }
  /** Throws for a text that is not in Prometheus' format. */
  export default function parse(text: string): Family[];
}
