import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../guest.js'
import { having } from './having.js'
import { type SenOptions, sen } from './sen.js'

const preload = fileURLToPath(new URL('../programs/loaded.cjs', import.meta.url))

interface Loaded {
  /** CommonJS files and addons. */
  readonly files: readonly string[]
  /** Node's own modules, those included that it loads in any case. */
  readonly builtins: readonly string[]
  /** What came of loading plugins. One that is a hit is in the cache with its manifest, and is not run. */
  readonly cache?: { readonly hits: number; readonly misses: number }
}

/** What a run of sen loads. */
async function loadedBy(args: readonly string[], options: SenOptions = {}): Promise<Loaded> {
  const LOADED = join(await temporaryDirectory(), 'loaded.json')
  const env = { ...options.env, LOADED, NODE_OPTIONS: `--require=${JSON.stringify(preload)}` }
  const { code, stderr } = await sen(args, { ...options, env })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(await readFile(LOADED, 'utf8'))
}

/** Sources that loaded chunks of the bundle are made of, relative to the project. */
async function sourcesOf({ files }: Loaded): Promise<string[]> {
  const chunks = files.filter(file => file.endsWith('.cjs'))
  const maps = await Promise.all(chunks.map(chunk => readFile(`${chunk}.map`, 'utf8')))
  const sources = maps.flatMap(map => JSON.parse(map).sources as string[])
  return sources.map(source => source.replace(/^(?:\.\.\/)+/, ''))
}

/** The public modules of Node that a process has loaded. */
function publicOnes({ builtins }: Loaded): string[] {
  return builtins.filter(name => !name.startsWith('internal/'))
}

const ELSEWHERE = [
  /^src\/cli\/(?:repl|doctor|completion|types)\//,
  /^src\/cli\/commands\/(?!run\.ts)/,
  /^src\/watch(?:er\.ts$|\/(?!precedence|metadata))/,
]

describe('sen run', () => {
  test('loads its own code, and none of the other commands', async () => {
    const sources = await sourcesOf(await loadedBy(['run', ...(await having('hello')), 'hello']))
    expect(sources).toContain('src/cli/commands/run.ts')
    expect(sources.filter(source => ELSEWHERE.some(pattern => pattern.test(source)))).toEqual([])
  })

  test('loads one file and the addon', async () => {
    const { files } = await loadedBy(['run', ...(await having('hello')), 'hello'])
    expect(files.map(file => basename(file))).toEqual(['sen.cjs', expect.stringMatching(/\.node$/)])
  })

  test('loads hardly more of Node than it takes to write to stdout and stderr', async () => {
    const output = publicOnes(await loadedBy(['process.stdout; process.stderr'], { main: '-e' }))
    const run = publicOnes(await loadedBy(['run', ...(await having('hello')), 'hello']))
    expect(run).toContain('net')
    // All of them small.
    const own = ['diagnostics_channel', 'os', 'process', 'timers/promises']
    expect(run.filter(name => !output.includes(name) && !own.includes(name))).toEqual([])
  })
})

test('sen --help loads the definitions of all commands, and what only a shell needs not even then', async () => {
  const sources = await sourcesOf(await loadedBy(['--help']))
  expect(sources).toContain('src/cli/commands/doctor.ts')
  expect(sources.filter(source => source.startsWith('src/cli/repl/'))).toEqual([])
})

describe('with a warm cache, no plugin is run by', () => {
  test.each<[what: string, args: string[]]>([
    ['its help', ['help', '--plugins', 'PLUGINS', 'greet']],
    ['completion of its commands', ['__complete', '--partial=gr', '--', 'run', '--plugins', 'PLUGINS']],
    [
      'completion of its options',
      ['__complete', '--partial=--', '--', 'run', '--plugins', 'PLUGINS', 'greet'],
    ],
    ['its help, behind its name', ['run', '--plugins', 'PLUGINS', 'greet', '--help']],
    ['its types', ['types', 'PLUGINS']],
  ])('%s', async (_, args) => {
    const [, directory = ''] = await having('greet')
    const env = { SEN_PLUGIN_HOST_CACHE: join(await temporaryDirectory(), 'cache') }
    const words = args.map(word => (word === 'PLUGINS' ? directory : word))
    expect((await loadedBy(words, { env })).cache).toMatchObject({ hits: 0, misses: 1 })
    expect((await loadedBy(words, { env })).cache).toMatchObject({ hits: 1, misses: 0 })
  })
})
