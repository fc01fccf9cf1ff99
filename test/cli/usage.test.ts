import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { projectRoot, sen } from './sen.js'

describe('wrong usage ends with 2, on stderr alone', () => {
  test.each<[what: string, args: string[]]>([
    ['no command', []],
    ['an unknown command', ['lits']],
    ['an unknown option', ['list', '--pluginz', '.']],
    ['an unknown option before the command', ['--json', 'list']],
    ['an unknown option of run', ['run', '--shout', 'greet']],
    ['a missing command to run', ['run']],
    ['a missing file', ['inspect']],
    ['a missing directory', ['scan']],
    ['a missing value', ['list', '--plugins']],
    ['an empty directory', ['list', '--plugins', '']],
    ['an empty directory among others', ['watch', '.', '']],
    ['an empty directory to scan', ['scan', '']],
    ['an empty directory for compiled code', ['list', '--cache', '']],
    ['too many arguments', ['list', 'everything']],
    ['fuel that is no number', ['run', '--fuel', 'much', 'hello']],
    ['fuel that is too much', ['run', '--fuel', '18446744073709551616', 'hello']],
    ['memory that is no size', ['run', '--memory', '64Mi', 'hello']],
    ['memory that is too much', ['list', '--memory', '5GiB']],
    ['no time', ['inspect', '--timeout', '0', 'x.wasm']],
    ['help for an unknown command', ['help', 'lits']],
  ])('%s', async (_, args) => {
    const { code, stdout, stderr } = await sen(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).not.toBe('')
  })

  test.each([
    [['lits'], 'list'],
    [['list', '--pluginz', '.'], '--plugins'],
    [['run', '--fule', '1', 'hello'], '--fuel'],
  ])('%j: says what may have been meant', async (args, suggestion) => {
    expect((await sen(args)).stderr).toContain(`Did you mean ${suggestion}?`)
  })

  test('a limit that is out of range is called by its option', async () => {
    const { stderr } = await sen(['run', '--memory', '5GiB', 'hello'])
    expect(stderr).toMatch(/^error: --memory must be .*\(ERR_INVALID_ARG\)$/m)
  })

  test('what was typed is shown inert', async () => {
    const { stderr } = await sen(['list', '--\x1b]52;c;cHduZWQ=\x07'])
    expect(stderr).toContain('\\x1b]52;c;cHduZWQ=\\x07')
  })
})

describe('help', () => {
  test.each([['--help'], ['-h'], ['help']])('of everything: %s', async arg => {
    const { code, stdout, stderr } = await sen([arg])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const command of ['run', 'list', 'inspect', 'scan', 'watch', 'repl', 'cache', 'doctor'])
      expect(stdout).toMatch(new RegExp(`^ +${command} `, 'm'))
    expect(stdout).toContain('Examples:')
  })

  test.each(['run', 'list', 'inspect', 'scan', 'watch', 'repl', 'doctor'])(
    'of %s has its limits',
    async command => {
      const { code, stdout } = await sen([command, '--help'])
      expect(code).toBe(0)
      for (const option of [
        '--json',
        '--fuel',
        '--memory',
        '--timeout',
        '--table-elements',
        '--result-bytes',
      ])
        expect(stdout).toContain(option)
      expect((await sen(['help', command])).stdout).toBe(stdout)
    },
  )
})

test('the version is the package’s', async () => {
  const { version } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8'))
  expect(await sen(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})
