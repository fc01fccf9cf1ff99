import { mkdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PermissionPresets, PluginRegistry } from 'sen-plugin-host'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fault, faultSync } from '../fault.js'
import { temporaryDirectory } from '../guest.js'
import { runProgram } from '../system.js'
import { reading } from './guest.js'

interface Pattern {
  readonly pattern: string
  readonly recursive: boolean
}

const tree = (pattern: string): Pattern => ({ pattern, recursive: true })
const entries = (pattern: string): Pattern => ({ pattern, recursive: false })

/** A directory with these directories in it, each with a file called `file` with `text` in it. */
async function holding(...directories: string[]): Promise<string> {
  const root = await temporaryDirectory()
  for (const directory of directories) {
    await mkdir(join(root, directory), { recursive: true })
    await writeFile(join(root, directory, 'file'), 'text')
  }
  return root
}

/** Whether the file system takes two names for one. */
async function takesForOne(name: string, other: string): Promise<boolean> {
  const root = await holding(name)
  return await stat(join(root, other)).then(
    () => true,
    () => false,
  )
}

/** Executes a plugin that reads a file of what it is granted, both ways: what it reads, or why it is refused. */
async function readUnder(workingDirectory: string, granted: Pattern, denied: Pattern): Promise<string> {
  const registry = new PluginRegistry({
    permissions: { ...PermissionPresets.testing(), deny: { fsRead: [denied] } },
    wasi: { workingDirectory },
  })
  onTestFinished(() => registry.close())
  await registry.loadPlugin(await reading('it', { fsRead: [granted] }))
  const executed = await registry.execute('it').catch(() => undefined)
  if (executed !== undefined) {
    expect(registry.executeSync('it')).toMatchObject({ type: 'success', output: 'text' })
    return executed.type === 'success' ? executed.output : executed.type
  }
  const { details } = await fault('ERR_PERMISSION_DENIED', registry.execute('it'))
  expect(faultSync('ERR_PERMISSION_DENIED', () => registry.executeSync('it')).details).toEqual(details)
  return details.reason
}

/** Names that some file systems take for one. A deny list takes all but the last pair for one on any. */
const alike = [
  ['by case', 'data', 'DATA'],
  ['by case, of a letter that has two', 'οδος', 'ΟΔΟΣ'],
  ['by Unicode form', 'caf\u00e9', 'cafe\u0301'],
  ['by both', '\u00c5ngstr\u00f6m', '\u00e5ngstro\u0308m'],
  ['by what cannot be seen', 'secret', 'sec\u200dret'],
] as const

describe('names that a file system may take for one are denied as one', () => {
  test.each(alike)('%s', async (_, name, other) => {
    const expected = name !== 'secret' || (await takesForOne(name, other)) ? 'denied' : 'text'
    const root = await holding(`${name}/sub/deep`, `${other}/sub/deep`, `${name}/sub`, name)
    for (const [granted, denied] of [
      [entries(`./${name}`), entries(`./${other}`)],
      [entries(`./${name}/sub`), entries(`./${other}`)],
      [entries(`./${name}`), entries(`./${other}/sub`)],
      [tree(`./${name}/sub/deep`), tree(`./${other}`)],
      [tree(`./${name}`), tree(`./${other}/sub/deep`)],
    ] as const)
      expect(await readUnder(root, granted, denied), JSON.stringify([granted, denied])).toBe(expected)
    // Both leave one another alone where neither reaches the other.
    expect(await readUnder(root, entries(`./${name}`), entries(`./${other}/sub/deep`))).toBe('text')
  })
})

describe('a denied directory in a granted tree keeps the plugin from all of it', () => {
  test.each([
    './data/secret',
    './data/secret/',
    './/data///secret//',
    './data/./secret/.',
    './data/../data/secret',
    './data/sub/../secret',
    './data/SECRET',
    './link/secret',
    './data/sub/link/file',
  ])('spelled %s', async denied => {
    const root = await holding('data', 'data/secret', 'data/sub')
    await symlink('data', join(root, 'link'))
    await symlink('../secret', join(root, 'data/sub/link'))
    expect(await readUnder(root, tree('./data'), tree(denied))).toBe('denied')
    expect(await readUnder(root, tree('./link'), tree(denied))).toBe('denied')
    expect(await readUnder(root, tree('./data'), tree('./data-secret'))).toBe('text')
    expect(await readUnder(root, tree('./data'), tree('./data/../secret'))).toBe('text')
  })
})

/** In a file system of the test's own: nobody else sees what is mounted. */
const mounting = (script: string) => [
  'unshare',
  '--user',
  '--map-root-user',
  '--mount',
  'sh',
  '-ec',
  `${script}; exec "$@"`,
  'sh',
]

describe.runIf(process.platform === 'linux')('a directory that is mounted elsewhere as well', () => {
  test.each([
    // `shown` is a directory of `real`, by another name that leads to nothing of it.
    ['shown', 'real/deep', tree('./shown'), [tree('./real'), tree('./real/deep'), tree('./real/deep/sub')]],
    [
      'shown',
      'real/deep',
      entries('./shown'),
      [entries('./real'), entries('./real/deep/sub'), tree('./real')],
    ],
    ['shown', 'real/deep', tree('./shown/sub'), [tree('./real'), entries('./real/deep'), tree('.')]],
    [
      'shown',
      'real/deep',
      tree('./real/deep'),
      [tree('./shown'), entries('./shown/sub'), tree('./shown/none')],
    ],
    // Within what is granted.
    [
      'data/shown',
      'real/deep',
      tree('./data'),
      [tree('./real'), tree('./real/deep/sub'), entries('./real/deep')],
    ],
    ['data/shown', 'real/deep', entries('./data'), [entries('./real/deep')]],
  ])('at %s, of %s, is denied wherever it is: %j', async (shown, real, granted, denied) => {
    const root = await holding('real', 'real/deep', 'real/deep/sub', 'shown', 'data', 'data/shown')
    const module = join(root, 'it.wasm')
    await writeFile(module, await reading('it', { fsRead: [granted] }))
    const others = [entries('./other'), tree('./real/other'), tree('./real/deep-secret')]
    const patterns = JSON.stringify([...denied, ...others])
    const { code, stdout, stderr } = await runProgram('wasi-denied.mjs', [root, module, patterns], {
      within: mounting(`mount --bind '${join(root, real)}' '${join(root, shown)}'`),
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toEqual([...denied.map(() => 'denied'), ...others.map(() => 'text')])
  })
})
