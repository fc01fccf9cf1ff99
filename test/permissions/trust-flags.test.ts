import { parseTrustFlags } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { faultSync } from '../fault.js'

describe('trust flags', () => {
  test.each([
    [[], [], [], []],
    [['--trust-plugin=a.wasm', 'x'], ['a.wasm'], [], ['x']],
    [['x', '--trust-plugin', 'a.wasm', '--trust-plugin=b'], ['a.wasm', 'b'], [], ['x']],
    [['--trust-command=it', '--trust-command', 'other'], [], ['it', 'other'], []],
    [['--trust-command=a=b'], [], ['a=b'], []],
    [
      ['--trust-plugins=a', '--trust=b', '-trust-plugin=c'],
      [],
      [],
      ['--trust-plugins=a', '--trust=b', '-trust-plugin=c'],
    ],
    [['x', '--', '--trust-command=it'], [], [], ['x', '--', '--trust-command=it']],
    [['--trust-command=__proto__'], [], ['__proto__'], []],
  ])('%j', (args, plugins, commands, rest) => {
    expect(parseTrustFlags(args)).toEqual({ trustFlags: { plugins, commands }, rest })
  })

  test.each([[['--trust-plugin']], [['--trust-plugin=']], [['--trust-command', '--', 'it']]])(
    'need a value: %j',
    args => {
      const { details } = faultSync('ERR_INVALID_ARG', () => parseTrustFlags(args))
      expect(details.name).toMatch(/^--trust-/)
    },
  )
})
