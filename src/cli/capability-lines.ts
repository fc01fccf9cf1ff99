import type { Capabilities, NetPattern, PathPattern } from '../index.js'

/** What a plugin asks for, by kind; nothing, where it only computes. */
export function capabilityLines({ fsRead, fsWrite, envRead, net, stdio }: Capabilities): string[] {
  const streams = (['stdin', 'stdout', 'stderr'] as const).filter(name => stdio[name])
  return [
    ...list('reads files', fsRead.map(path)),
    ...list('reads and writes files', fsWrite.map(path)),
    ...list('reads variables', envRead),
    ...list('talks to', net.map(host)),
    ...list('uses', streams),
  ]
}

function list(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`${title}: ${items.join(', ')}`]
}

function path({ pattern, recursive }: PathPattern): string {
  return `${pattern} (${recursive ? 'the whole tree' : 'what is directly inside'})`
}

function host({ host, port, protocol }: NetPattern): string {
  return `${protocol}://${host}${port === undefined ? ' (any port)' : `:${port}`}`
}
