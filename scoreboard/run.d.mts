/** What came of an attempt. */
export interface Judged {
  readonly verdict: 'held' | 'escaped' | 'hung' | 'crashed'
  /** What the guest or its host said. */
  readonly report: string
}

export function runAttempt(host: 'ours' | 'node' | 'extism', attempt: string): Promise<Judged>
