import { readFile } from 'node:fs/promises'
import { type AuditEntry, type AuditEvent, type AuditFilter, readAudit } from 'sen-plugin-host'

/** An event like any other, but for what a test says of it. */
export function event(parts: Partial<AuditEvent> = {}): AuditEvent {
  return {
    time: '2026-03-01T12:00:00.000Z',
    type: 'used',
    command: 'greet',
    digest: `blake3:${'0'.repeat(64)}`,
    ...parts,
  }
}

/** An event that is the `number`-th of somebody. */
export function numbered(number: number, command = 'greet'): AuditEvent {
  return event({ command, details: { number } })
}

export function numberOf({ details }: AuditEvent): unknown {
  return details?.number
}

/** All that an audit has. */
export async function entriesOf(path: string | URL, filter?: AuditFilter): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = []
  for await (const entry of readAudit(path, filter)) entries.push(entry)
  return entries
}

/** The events of an audit that has nothing but records. */
export async function eventsOf(path: string, filter?: AuditFilter): Promise<AuditEvent[]> {
  return (await entriesOf(path, filter)).map(entry => {
    if (entry.type === 'record') return entry.event
    throw new Error(`line ${entry.line} of ${entry.path} is no record: ${entry.text}`)
  })
}

/** The lines of a file, each with its end. */
export async function linesOf(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8')
  if (!text.endsWith('\n')) throw new Error(`the last line of ${path} has no end`)
  return text.slice(0, -1).split('\n')
}
