/** @internal What was thrown, in words. Anything can be: some of it has no text, and some cannot even be looked at. */
export function textOfError(error: unknown, part: 'message' | 'stack' = 'message'): string {
  try {
    return String(error instanceof Error ? (error[part] ?? error.message) : error)
  } catch {
    return 'something was thrown that has no text'
  }
}
