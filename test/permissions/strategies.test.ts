import { realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import {
  type Capabilities,
  CiPermissionStrategy,
  DefaultPermissionStrategy,
  type GrantPlace,
  MemoryPermissionStore,
  type PermissionGrant,
  type PermissionStrategy,
  PermissivePermissionStrategy,
  PluginLoader,
  PluginRegistry,
  RecordingPermissionPrompt,
  StrictPermissionStrategy,
  TrustAllPermissionStrategy,
} from 'sen-plugin-host'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fault } from '../fault.js'
import { temporaryDirectory } from '../guest.js'
import { internal } from '../internal.js'
import { askingFile } from './asking.js'

const { hashOf, readCapabilities } = internal

type Requested = 'read' | 'write' | 'both'

/** What a plugin asks for: to read what is at a path, to write it, or both. */
function request(what: Requested, path: string): Capabilities {
  const patterns = [{ pattern: path, recursive: false }]
  return readCapabilities({
    fsRead: what === 'write' ? [] : patterns,
    fsWrite: what === 'read' ? [] : patterns,
  })
}

/** What the store has of the command. */
const stored = [
  'nothing',
  'this code',
  'this code, partly',
  'this code, expired',
  'this file before, as much',
  'this file before, less',
  'another file',
] as const
type Stored = (typeof stored)[number]

/** Where that was decided, and so where it holds. */
const wheres = ['here', 'in another directory', 'it is not known where'] as const
type Where = (typeof wheres)[number]

/** What happens: something is granted without asking, or asked about while something is granted, or refused. */
type Cell = `grant ${Requested}` | `ask ${Requested}` | `ask ${Requested}, has ${Requested}` | 'deny'

const strategies: Readonly<Record<string, () => PermissionStrategy>> = {
  default: () => new DefaultPermissionStrategy(),
  strict: () => new StrictPermissionStrategy(),
  permissive: () => new PermissivePermissionStrategy(),
  ci: () =>
    new CiPermissionStrategy({
      file: '/policy.json',
      plugins: [{ path: file(), capabilities: request('read', pattern) }],
      deny: readCapabilities({}),
    }),
  trustAll: () => new TrustAllPermissionStrategy(),
}

let path = ''
let pattern = ''
const file = () => path

/** In the order of `stored`: for requests to read, to write, and for both. */
const table: Readonly<Record<string, readonly (readonly [Cell, Cell, Cell])[]>> = {
  default: [
    ['ask read', 'ask write', 'ask both'],
    ['grant read', 'grant write', 'grant both'],
    // Partly: reading was granted, writing refused.
    ['grant read', 'deny', 'grant read'],
    ['ask read', 'ask write', 'ask both'],
    ['grant read', 'grant write', 'grant both'],
    // Less: only reading was decided about.
    ['grant read', 'ask write', 'ask write, has read'],
    ['ask read', 'ask write', 'ask both'],
  ],
  strict: stored.map(() => ['ask read', 'ask write', 'ask both'] as const),
  permissive: [
    ['grant read', 'ask write', 'ask write, has read'],
    ['grant read', 'grant write', 'grant both'],
    ['grant read', 'deny', 'grant read'],
    ['grant read', 'ask write', 'ask write, has read'],
    ['grant read', 'grant write', 'grant both'],
    ['grant read', 'ask write', 'ask write, has read'],
    ['grant read', 'ask write', 'ask write, has read'],
  ],
  ci: stored.map(() => ['grant read', 'deny', 'grant read'] as const),
  trustAll: stored.map(() => ['grant read', 'grant write', 'grant both'] as const),
}

/** A relative path, and what holds of others that lead elsewhere from elsewhere, or from nowhere else. */
const paths: readonly (readonly [string, readonly Where[]])[] = [
  ['./data', wheres],
  ['~/data', wheres],
  ['/srv/data', ['it is not known where']],
]

const cells = paths.flatMap(([pattern, wheres]) =>
  wheres.flatMap(where =>
    Object.entries(table).flatMap(([strategy, rows]) =>
      stored.flatMap((row, index) => {
        const holds = where === 'here' || pattern.startsWith('/')
        return (['read', 'write', 'both'] as const).map(
          (requested, column) =>
            [strategy, pattern, row, where, requested, rows[holds ? index : 0]?.[column] ?? 'deny'] as const,
        )
      }),
    ),
  ),
)

/** A grant as the store has it. */
function grantOf(
  what: Stored,
  requested: Capabilities,
  digest: string,
  place: GrantPlace,
): PermissionGrant | undefined {
  if (what === 'nothing') return undefined
  const isThisCode = what.startsWith('this code')
  const decided = what === 'this file before, less' ? request('read', pattern) : requested
  return {
    command: 'it',
    digest: isThisCode ? digest : `blake3:${'0'.repeat(64)}`,
    capabilitiesHash: hashOf(decided),
    path: what === 'another file' ? '/elsewhere/it.wasm' : path,
    ...place,
    requested: decided,
    granted: what === 'this code, partly' ? { ...requested, fsWrite: [] } : decided,
    grantedAt: '2020-01-01T00:00:00.000Z',
    ...(what === 'this code, expired' ? { expiresAt: '2020-01-02T00:00:00.000Z' } : {}),
  }
}

/** Where a grant of a path holds that was made there. */
async function placeOf(where: Where): Promise<GrantPlace> {
  if (where === 'it is not known where') return {}
  const isHere = where === 'here'
  if (pattern.startsWith('~')) return { home: isHere ? await realpath(homedir()) : '/home/of/another' }
  return { workingDirectory: isHere ? await realpath(process.cwd()) : '/another/directory' }
}

/** What of reading and writing there is. */
function nameOf({ fsRead, fsWrite }: Capabilities): Requested | undefined {
  if (fsRead.length > 0) return fsWrite.length > 0 ? 'both' : 'read'
  return fsWrite.length > 0 ? 'write' : undefined
}

describe('each strategy decides by what is stored, where that was decided, and what is requested', () => {
  test.each(cells)('%s, %s, %s, %s, %s: %s', async (strategy, relative, what, where, requested, cell) => {
    const directory = await temporaryDirectory()
    path = join(directory, 'it.wasm')
    pattern = relative
    await askingFile(directory, 'it', request(requested, pattern))
    const { digest } = await new PluginLoader().load(path)
    const store = new MemoryPermissionStore()
    const place = await placeOf(where)
    const grant = grantOf(what, request(requested, pattern), digest, place)
    if (grant !== undefined) store.put(grant)
    const prompt = new RecordingPermissionPrompt([{ type: 'grant', duration: 'once' }])
    const used: Capabilities[] = []
    const registry = new PluginRegistry({
      permissions: {
        strategy: strategies[strategy]?.() ?? new DefaultPermissionStrategy(),
        store,
        prompt,
        audit: {
          record: ({ type, details }) => {
            if (type === 'used') used.push(details?.capabilities as unknown as Capabilities)
          },
        },
      },
    })
    onTestFinished(() => registry.close())
    await registry.loadPlugin(path)
    const execution = registry.execute('it')
    if (cell === 'deny') {
      await fault('ERR_PERMISSION_DENIED', execution)
      expect(prompt.questions).toEqual([])
      return
    }
    expect(await execution).toMatchObject({ type: 'success', output: 'ok' })
    const [question] = prompt.questions
    const granted = used.map(nameOf)
    if (question === undefined) {
      expect(`grant ${granted}`).toBe(cell)
    } else {
      const had = nameOf(question.granted)
      expect(`ask ${nameOf(question.capabilities)}${had === undefined ? '' : `, has ${had}`}`).toBe(cell)
      expect(granted).toEqual([requested])
      // What strangers were granted, or what has ended, is nothing that this plugin had elsewhere.
      const isOwn = !['nothing', 'this code, expired', 'another file'].includes(what)
      expect(question.elsewhere).toEqual(isOwn && where === 'in another directory' ? place : undefined)
    }
  })
})
