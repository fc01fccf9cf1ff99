import { describe, expect, test } from 'vitest'
import { runProgram } from './system.js'

interface Loaded {
  /** Node's own modules. */
  readonly builtins: readonly string[]
  /** CommonJS modules, as most of the dependencies are, and addons. */
  readonly files: readonly string[]
}

/** What importing an entry loads. */
async function loadedBy(entry: string): Promise<Loaded> {
  const { code, stdout, stderr } = await runProgram('import.mjs', [entry])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

const HEAVY = [/^readline/, /^https?$/, /^_http/, /^tls$/, /^dns/, /^crypto$/, /^zlib$/, /^worker_threads$/]
const LATER = [/\.node$/, /\/(?:undici|ipaddr\.js|jsonc-parser|fastest-levenshtein|commander|yargs)\//]

describe.each(['sen-plugin-host', 'sen-plugin-host/commander', 'sen-plugin-host/yargs'])(
  'import %s',
  entry => {
    test('loads none of the heavy modules of Node', async () => {
      const { builtins } = await loadedBy(entry)
      // One that no version of Node has loaded by itself.
      expect(builtins).toContain('os')
      expect(builtins.filter(name => HEAVY.some(pattern => pattern.test(name)))).toEqual([])
    })

    test('loads no addon, and no package that only some programs need', async () => {
      const files = (await loadedBy(entry)).files.map(file => file.replaceAll('\\', '/'))
      expect(files.filter(file => file.includes('/picocolors/'))).toHaveLength(1)
      expect(files.filter(file => LATER.some(pattern => pattern.test(file)))).toEqual([])
    })
  },
)
