import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { answering, compile, guest, guestFile, plugin, temporaryDirectory } from '../guest.js'
import { having } from './having.js'
import { sen, senJson } from './sen.js'

const examples = ['--plugins', dirname(plugin('hello'))]

describe('sen run', () => {
  test("prints a plugin's output on stdout, and nothing else anywhere", async () => {
    expect(await sen(['run', ...examples, 'hello', 'Ada'])).toEqual({
      code: 0,
      stdout: 'Hello, Ada!\n',
      stderr: '',
    })
  })

  test("prints a plugin's error on stderr, and ends with its code", async () => {
    const { code, stdout, stderr } = await sen(['run', ...(await having('error-code-42')), 'error-code-42'])
    expect({ code, stdout }).toEqual({ code: 42, stdout: '' })
    expect(stderr).toContain('forty-two')
  })

  test('ends with 1 for an error that has the code 0', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'zero.wasm'), await errorZero())
    expect(await sen(['run', '--plugins', directory, 'zero'])).toMatchObject({ code: 1, stdout: '' })
  })

  test('prints nothing for a plugin that has nothing to say', async () => {
    const { code, stdout } = await sen(['run', ...(await having('echo')), 'echo'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
  })

  test('adds no second line end', async () => {
    expect((await sen(['run', ...(await having('echo')), 'echo', 'a\n'])).stdout).toBe('a\n')
  })

  test('gives a receipt on stderr', async () => {
    const { stdout, stderr } = await sen(['run', ...examples, '--usage', 'hello'])
    expect(stdout).toBe('Hello, World!\n')
    expect(stderr).toMatch(/^usage: [\d,]+ fuel, [\d.]+ ms, [\d.]+ MiB memory\n$/)
  })

  test('gives a receipt for a plugin that ran out of fuel too', async () => {
    const { code, stderr } = await sen(['run', ...examples, '--usage', '--fuel', '1000000', 'spin'])
    expect(code).toBe(71)
    expect(stderr).toContain('usage: 1,000,000 fuel')
  })
})

describe('what comes after the command is the plugin’s, where that names no arguments', () => {
  test.each([['--help'], ['-h'], ['--version'], ['--json'], ['--fuel'], ['-x'], ['--'], ['--a=b'], ['']])(
    '%j',
    async word => {
      const { code, stdout } = await sen(['run', ...(await having('echo')), 'echo', word, 'more'])
      expect({ code, stdout }).toEqual({ code: 0, stdout: word === '' ? '' : `${word}\n` })
    },
  )

  test('after a -- of sen’s own too', async () => {
    const { stdout } = await sen(['run', ...(await having('echo')), '--', 'echo', '--', '--help'])
    expect(stdout).toBe('--\n')
  })

  test('and what comes before it is sen’s', async () => {
    const { code, stdout } = await sen(['run', '--help', 'echo'])
    expect(code).toBe(0)
    expect(stdout).toContain('Usage: sen run')
  })
})

describe('what a plugin says of itself', () => {
  const greet = ['run', ...examples]

  test.each([['--help'], ['-h'], ['Ada', '--help']])(
    'is shown by %s, without running it',
    async (...words) => {
      const { code, stdout, stderr } = await sen([...greet, 'greet', ...words])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toBe((await sen(['help', ...examples, 'greet'])).stdout)
    },
  )

  test('is shown of a subcommand, and as Markdown', async () => {
    const { code, stdout } = await sen([...greet, 'greet', 'morning', '--help=markdown'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^# `greet morning`\n/)
  })

  test('is a JSON Schema, with --json', async () => {
    const { code, json } = await senJson([...greet, '--json', 'greet', '--help'])
    expect(code).toBe(0)
    expect(json).toMatchObject({ title: 'greet', properties: { style: { enum: expect.any(Array) } } })
  })

  test.each([
    [['--style', 'shot'], { kind: 'invalid-value', argument: 'style', suggestions: ['shout'] }],
    [['--sytle', 'shout'], { kind: 'unknown-option', argument: '--sytle', suggestions: ['--style'] }],
    [['morning'], { kind: 'missing-argument', argument: 'name', suggestions: [] }],
  ])('rules out %j, before it runs', async (words, details) => {
    const { code, stdout, stderr } = await sen([...greet, 'greet', ...words])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('ERR_USAGE')
    const { code: codeWithJson, json } = await senJson([...greet, '--json', 'greet', ...words])
    expect(codeWithJson).toBe(2)
    expect(json.error).toMatchObject({ code: 'ERR_USAGE', details })
  })

  test('is not shown in a format that there is not', async () => {
    const { code, stdout, stderr } = await sen([...greet, 'greet', '--help=html'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('ERR_USAGE')
  })

  test('says how it is called, where it is called in another way', async () => {
    const { stderr } = await sen([...greet, 'greet', 'morning'])
    expect(stderr.split('\n').slice(1)).toEqual([
      'Usage: greet morning [OPTIONS] <NAME>',
      'greet --help says more',
      '',
    ])
  })

  // Its own errors.
  test.each([[['--help']], [['--style', 'shot']]])(
    'is held against no word with --passthrough: %j',
    async words => {
      const { code, stderr } = await sen([...greet, '--passthrough', 'greet', ...words])
      expect(code).toBe(1)
      expect(stderr).toMatch(/^greet: /)
    },
  )
})

describe('a fault of the host or a plugin has an exit code', () => {
  test.each([
    ['forever', 71, 'ERR_FUEL_EXHAUSTED', []],
    ['forever', 72, 'ERR_DEADLINE_EXCEEDED', ['--fuel', '18446744073709551615', '--timeout', '20']],
    ['grow-memory-loop-then-trap', 73, 'ERR_MEMORY_LIMIT', []],
    ['recurse', 74, 'ERR_STACK_OVERFLOW', []],
    ['trap-unreachable', 76, 'ERR_TRAP', []],
    ['capabilities-fs', 77, 'ERR_PERMISSION_DENIED', []],
    ['missing-execute', 78, 'ERR_MISSING_EXPORT', []],
    ['result-not-utf8', 79, 'ERR_DECODE', []],
    ['result-beyond-memory', 79, 'ERR_ABI_BOUNDS', []],
    ['result-too-large', 80, 'ERR_RESULT_TOO_LARGE', []],
    ['effect-forever', 81, 'ERR_TOO_MANY_EFFECTS', []],
  ])('%s: %d, %s', async (name, exitCode, code, options) => {
    const plugins = await having(name)
    const [{ code: ended, stdout, stderr }, { code: endedWithJson, json }] = await Promise.all([
      sen(['run', ...plugins, ...options, name]),
      senJson(['run', '--json', ...plugins, ...options, name]),
    ])
    expect({ ended, stdout }).toEqual({ ended: exitCode, stdout: '' })
    expect(stderr).toContain(code)
    // No stack.
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^error: /)
    expect(endedWithJson).toBe(exitCode)
    expect(json).toMatchObject({ error: { code, message: expect.any(String), details: expect.any(Object) } })
    // In the same words: those of the command line's options.
    expect(stderr).toContain(`error: ${json.error.message} (${code})`)
    expect(json.error.message).not.toContain('limits.')
  })

  test.each(['--verbose', 'DEBUG'])('and says where it came from, with %s', async how => {
    const [options, env] = how === 'DEBUG' ? [[], { DEBUG: '1' }] : [[how], {}]
    const { stderr } = await sen(['run', ...examples, ...options, 'spin'], { env })
    expect(stderr).toMatch(/^ +at /m)
  })
})

describe('each limit can be given', () => {
  test.each([
    ['--fuel', '5', 'busy', 71],
    ['--memory', '1', 'echo', 73],
    ['--table-elements', '5', 'grow-table-to-limit', 0],
    ['--result-bytes', '1KiB', 'result-largest', 80],
    ['--max-effects', '0', 'effect-sleep', 81],
  ])('%s %s for %s: %d', async (option, value, name, exitCode) => {
    const { code } = await sen(['run', ...(await having(name)), option, value, name])
    expect(code).toBe(exitCode)
  })
})

describe('--json prints one document', () => {
  test('of a success', async () => {
    const { code, json } = await senJson(['run', '--json', ...examples, 'hello', 'Ada'])
    expect(code).toBe(0)
    expect(json).toEqual({
      type: 'success',
      output: 'Hello, Ada!',
      usage: {
        fuelConsumed: expect.any(Number),
        durationMs: expect.any(Number),
        peakMemoryBytes: expect.any(Number),
        effects: 0,
      },
    })
  })

  test("of a plugin's error", async () => {
    const { code, json } = await senJson([
      'run',
      '--json',
      ...(await having('error-code-42')),
      'error-code-42',
    ])
    expect(code).toBe(42)
    expect(json).toMatchObject({ type: 'error', code: 42, message: 'forty-two' })
  })
})

describe('a command that is not there', () => {
  test('is wrong usage, with what may have been meant', async () => {
    const { code, json } = await senJson(['run', '--json', ...(await having('hello')), 'helo'])
    expect(code).toBe(2)
    expect(json.error.code).toBe('ERR_COMMAND_NOT_FOUND')
    expect(json.error.details).toMatchObject({ command: 'helo', suggestions: ['hello'] })
  })

  test('is no path to a file elsewhere', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'plugins'))
    await guestFile(directory, 'echo')
    const { code } = await sen(['run', '--plugins', join(directory, 'plugins'), '../echo'])
    expect(code).toBe(2)
  })

  test.each(['__proto__', 'constructor', 'toString', ''])(
    'is not found in objects either: %j',
    async name => {
      const { json } = await senJson(['run', '--json', ...(await having('echo')), name])
      expect(json.error.code).toBe('ERR_COMMAND_NOT_FOUND')
    },
  )

  test('is reported with what is wrong with the file that is called like it', async () => {
    const { code, json } = await senJson([
      'run',
      '--json',
      ...(await having('api-version-1')),
      'api-version-1',
    ])
    expect(code).toBe(78)
    expect(json.error.code).toBe('ERR_API_VERSION')
  })
})

describe('directories', () => {
  test('the first that has a command provides it, the other file is a note', async () => {
    const [first, second] = [await temporaryDirectory(), await temporaryDirectory()]
    await writeFile(join(first, 'a.wasm'), await answering('same', 'first'))
    await writeFile(join(second, 'b.wasm'), await answering('same', 'second'))
    const run = await sen(['run', '--plugins', first, '--plugins', second, 'same'])
    expect(run.stdout).toBe('first\n')
    const other = await sen(['run', '-p', second, '-p', first, 'same'])
    expect(other.stdout).toBe('second\n')
    const { stdout, stderr } = await sen(['list', '--plugins', first, '--plugins', second])
    expect(stdout).toContain(join(first, 'a.wasm'))
    expect(stdout).not.toContain(join(second, 'b.wasm'))
    expect(stderr).toMatch(/b\.wasm: ERR_COMMAND_CONFLICT/)
  })

  test('in one, the file that is called like the command provides it', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'a.wasm'), await answering('same', 'another'))
    await writeFile(join(directory, 'same.wasm'), await answering('same', 'namesake'))
    expect((await sen(['run', '--plugins', directory, 'same'])).stdout).toBe('namesake\n')
    const { json } = await senJson(['list', '--json', '--plugins', directory])
    expect(json.commands[0].path).toBe(join(directory, 'same.wasm'))
    expect(json.conflicts[0]).toEqual({
      command: 'same',
      path: join(directory, 'a.wasm'),
      owner: join(directory, 'same.wasm'),
    })
  })

  test('a file that is called like another command provides its own', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'one.wasm'), await answering('two', 'two'))
    await writeFile(join(directory, 'two.wasm'), await answering('one', 'one'))
    expect((await sen(['run', '--plugins', directory, 'one'])).stdout).toBe('one\n')
  })

  test('files that cannot be loaded are notes, a line each, and stop nothing', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'broken.wasm'), 'not wasm')
    await guestFile(directory, 'api-version-1')
    await writeFile(join(directory, 'x.wasm'), await guest('echo'))
    const { code, stdout, stderr } = await sen(['run', '--plugins', directory, 'echo', 'still'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'still\n' })
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/api-version-1\.wasm: ERR_API_VERSION/),
      expect.stringMatching(/broken\.wasm: ERR_INVALID_MODULE/),
    ])
  })

  test('are the user’s and ./plugins by default, whichever of them are there', async () => {
    const home = await temporaryDirectory()
    const env = { XDG_DATA_HOME: home, HOME: home }
    expect((await sen(['run', 'mine'], { cwd: home, env })).code).toBe(2)
    await mkdir(join(home, 'plugins'))
    await writeFile(join(home, 'plugins', 'mine.wasm'), await answering('mine', 'from here'))
    expect((await sen(['run', 'mine'], { cwd: home, env })).stdout).toBe('from here\n')
    if (process.platform !== 'linux') return
    await mkdir(join(home, 'sen', 'plugins'), { recursive: true })
    await writeFile(join(home, 'sen', 'plugins', 'mine.wasm'), await answering('mine', 'mine'))
    expect((await sen(['run', 'mine'], { cwd: home, env })).stdout).toBe('mine\n')
  })

  test.each([
    ['nosuch', 'ENOENT'],
    ['package.json', 'ENOTDIR'],
  ])('one that is named has to be there: %s', async (path, code) => {
    const { code: ended, json } = await senJson(['run', '--json', ...examples, '--plugins', path, 'hello'])
    expect(ended).toBe(2)
    expect(json.error.code).toBe(code)
  })
})

/** A plugin, `zero`, that answers an error with the code 0. */
function errorZero(): Promise<Uint8Array> {
  return compile(String.raw`(module
    (memory (export "memory") 1)
    (data (i32.const 16) "\92\02\92\a4zero\a0")
    (data (i32.const 256) "\81\a5Error\92\00\a4oops")
    (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "plugin_dealloc") (param i32 i32))
    (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000009))
    (func (export "plugin_execute") (param i32 i32) (result i64) (i64.const 0x100_0000000e)))`)
}
