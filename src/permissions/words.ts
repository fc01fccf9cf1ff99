import { type Anchors, absolutePath } from '../capabilities.js'
import { inertLine } from '../inert.js'
import type { Capabilities, NetPattern, PathPattern } from '../manifest.js'

/** A capability as it is put to a person. */
export interface CapabilityItem {
  /** What it allows, with the plugin's text inert. */
  readonly text: string
  /** What can come of it. */
  readonly risk: string
  readonly level: (typeof LEVELS)[number]
  /** The capability alone. */
  readonly capabilities: Partial<Capabilities>
}

/** Capabilities one by one, in plain words: those of the highest risk last, where the question is. */
export function capabilityItems(capabilities: Capabilities, anchors: Anchors): CapabilityItem[] {
  const { fsRead, fsWrite, envRead, net, stdio } = capabilities
  const items: CapabilityItem[] = [
    ...fsRead.map(pattern => ({
      text: `read ${place(pattern, anchors)}`,
      risk: 'it sees what is in there; with a network capability, it could send it away',
      level: isWide(pattern, anchors) ? ('high' as const) : ('medium' as const),
      capabilities: { fsRead: [pattern] },
    })),
    ...fsWrite.map(pattern => ({
      text: `read, write, create and delete in ${place(pattern, anchors)}`,
      risk: 'it sees what is in there, and can destroy it or plant something that is run later',
      level: 'high' as const,
      capabilities: { fsWrite: [pattern] },
    })),
    ...envRead.map(pattern => ({
      text: pattern.endsWith('*')
        ? `see the environment variables that begin with ${inertLine(pattern.slice(0, -1))}`
        : `see the environment variable ${inertLine(pattern)}`,
      risk: 'variables often hold passwords and tokens',
      level: 'medium' as const,
      capabilities: { envRead: [pattern] },
    })),
    ...net.map(pattern => ({
      text: `talk to ${host(pattern)}`,
      risk:
        pattern.host === '*'
          ? 'it can send what it knows to anybody'
          : 'it can send what it knows there, and be told what to do',
      level: pattern.host === '*' || pattern.protocol === 'tcp' ? ('high' as const) : ('medium' as const),
      capabilities: { net: [pattern] },
    })),
    ...(['stdin', 'stdout', 'stderr'] as const)
      .filter(name => stdio[name])
      .map(name => ({
        ...STREAMS[name],
        level: 'low' as const,
        capabilities: { stdio: { stdin: false, stdout: false, stderr: false, [name]: true } },
      })),
  ]
  return LEVELS.flatMap(level => items.filter(item => item.level === level))
}

/** How many there are of each risk, the highest last. */
export function summaryOf(items: readonly CapabilityItem[]): string {
  const counts = LEVELS.map(level => ({ level, count: items.filter(item => item.level === level).length }))
  return counts.flatMap(({ level, count }) => (count === 0 ? [] : [`${count} of ${level} risk`])).join(', ')
}

const LEVELS = ['low', 'medium', 'high'] as const

const STREAMS = {
  stdin: { text: 'read the standard input', risk: 'it sees what is typed or piped in while it runs' },
  stdout: { text: 'write to the standard output', risk: 'it can print what looks like another program' },
  stderr: { text: 'write to the standard error', risk: 'it can print what looks like another program' },
}

/** Where a pattern leads now; a relative one leads elsewhere when the program is started elsewhere. */
function place({ pattern, recursive }: PathPattern, anchors: Anchors): string {
  const absolute = absolutePath(pattern, anchors)
  const here = absolute === pattern ? '' : ` (here ${inertLine(absolute)})`
  return `${inertLine(pattern)}${here}, ${recursive ? 'with everything below' : 'what is directly inside'}`
}

/** Whether a tree has the home directory in it. */
function isWide({ pattern, recursive }: PathPattern, anchors: Anchors): boolean {
  if (!recursive) return false
  const root = absolutePath(pattern, anchors)
  const home = absolutePath('~', anchors)
  return root === '/' || `${home}/`.startsWith(`${root}/`)
}

function host({ host, port, protocol }: NetPattern): string {
  const name = host === '*' ? 'any host' : inertLine(host)
  return `${name} by ${protocol}${port === undefined ? ', at any port' : ` at port ${port}`}`
}
