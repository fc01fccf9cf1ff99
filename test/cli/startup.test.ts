import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../guest.js'
import { having } from './having.js'
import { sen } from './sen.js'

const preload = fileURLToPath(new URL('../programs/loaded.cjs', import.meta.url))

interface Loaded {
  /** Node's own modules, those included that it loads in any case. */
  readonly builtins: readonly string[]
  /** Sources that the loaded chunks of the bundle are made of, relative to the project. */
  readonly sources: readonly string[]
  /** What came of loading plugins. One that is a hit is in the cache with its manifest, and is not run. */
  readonly cache?: { readonly hits: number; readonly misses: number }
}

/** What a run of sen loads. */
async function loadedBy(args: readonly string[], more: Record<string, string> = {}): Promise<Loaded> {
  const LOADED = join(await temporaryDirectory(), 'loaded.json')
  const env = { ...more, LOADED, NODE_OPTIONS: `--require=${JSON.stringify(preload)}` }
  const { code, stderr } = await sen(args, { env })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const { builtins, files, cache } = JSON.parse(await readFile(LOADED, 'utf8'))
  // The bundler's own chunk is made of no source, and has no map.
  const chunks = files.filter((file: string) => /(?<!rolldown-runtime)\.cjs$/.test(file))
  const maps = await Promise.all(chunks.map((chunk: string) => readFile(`${chunk}.map`, 'utf8')))
  const sources = maps.flatMap(map => JSON.parse(map).sources as string[])
  return { builtins, cache, sources: sources.map(source => source.replace(/^(?:\.\.\/)+/, '')) }
}

const ELSEWHERE = [
  /^src\/cli\/(?:repl|doctor|completion|types)\//,
  /^src\/cli\/commands\/(?!run\.ts)/,
  /^src\/watch(?:er\.ts$|\/(?!precedence|metadata))/,
]
const HEAVY = [
  /^readline/,
  /^repl$/,
  /undici/,
  /^https?$/,
  /^_http/,
  /^tls$/,
  /^dns/,
  /^worker_threads$/,
  /^zlib$/,
]

describe('sen run', () => {
  test('loads its own code, and none of the other commands', async () => {
    const { sources } = await loadedBy(['run', ...(await having('hello')), 'hello'])
    expect(sources).toContain('src/cli/commands/run.ts')
    expect(sources.filter(source => ELSEWHERE.some(pattern => pattern.test(source)))).toEqual([])
  })

  test('loads none of the heavy modules of Node', async () => {
    const { builtins } = await loadedBy(['run', ...(await having('hello')), 'hello'])
    expect(builtins).toContain('fs')
    expect(builtins.filter(name => HEAVY.some(pattern => pattern.test(name)))).toEqual([])
  })
})

test('sen --help loads the definitions of all commands, and what only a shell needs not even then', async () => {
  const { sources } = await loadedBy(['--help'])
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
    ['its types', ['types', 'PLUGINS']],
  ])('%s', async (_, args) => {
    const [, directory = ''] = await having('greet')
    const cache = { SEN_PLUGIN_HOST_CACHE: join(await temporaryDirectory(), 'cache') }
    const words = args.map(word => (word === 'PLUGINS' ? directory : word))
    expect((await loadedBy(words, cache)).cache).toMatchObject({ hits: 0, misses: 1 })
    expect((await loadedBy(words, cache)).cache).toMatchObject({ hits: 1, misses: 0 })
  })
})
