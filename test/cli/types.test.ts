import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { declarationsOf } from '../../src/cli/types/declarations.js'
import { schemaOf } from '../../src/cli/types/schema.js'
import type { CommandSpec } from '../../src/index.js'
import { toJson } from '../../src/json.js'
import { compileProject } from '../compile.js'
import { answering, guestFile, temporaryDirectory } from '../guest.js'
import { having } from './having.js'
import { sen, startSen } from './sen.js'
import { linesOf, userProgram } from './user-program.js'

/** Each line of the program that the compiler finds something wrong with, without its message. */
async function wrongLines(program: string, declarations?: string): Promise<string[]> {
  const user = await userProgram(program, declarations)
  const messages = await compileProject(user.directory)
  const numbers = messages.flatMap(message => {
    const number = /^program\.mts\((\d+),/.exec(message)?.[1]
    if (number === undefined && !message.startsWith(' ')) throw new Error(message)
    return number === undefined ? [] : [Number(number) - 1]
  })
  return linesOf(user, numbers)
}

const style = {
  name: 'style',
  long: 'style',
  short: 's',
  required: false,
  help: 'How',
  possibleValues: ['plain', 'shout'],
}
const greet: CommandSpec = {
  name: 'greet',
  about: 'Greets',
  args: [
    style,
    { name: 'loud', long: 'loud', required: false, help: '' },
    { name: 'name', required: false, help: '' },
  ],
  subcommands: [
    {
      name: 'morning',
      about: '',
      args: [{ ...style, long: 'mood', possibleValues: ['good'] }],
      subcommands: [],
    },
  ],
}
const pick: CommandSpec = {
  name: 'pick',
  about: '',
  args: [{ name: 'what', required: true, help: '', possibleValues: ['red', 'blue'] }],
  subcommands: [],
}
const raw: CommandSpec = { name: 'raw', about: '', args: [], subcommands: [] }
const declarations = declarationsOf([greet, pick, raw])

const RIGHT = `
registry.execute('greet')
registry.execute('greet', [])
registry.execute('greet', ['Ada', '--style', 'shout'], { stdin: '' })
registry.execute('greet', ['--style=plain', '-s', 'shout', '--loud', 'whatever', '-5', '--help'])
registry.execute('greet', ['morning', '--mood', 'good'])
registry.execute('greet', ['--', '--anything'])
registry.executeSync('pick', ['red'])
registry.execute('raw', ['--what', 'it', 'likes'])
const words: readonly string[] = process.argv
registry.execute('greet', words)
registry.execute('greet', [...words])
registry.execute('greet', ['--style', process.argv[0] ?? ''])
registry.execute(process.argv[0] ?? '', ['--what', 'it', 'likes'])
const parameters: Parameters<PluginRegistry['execute']> = ['hello', ['Ada']]
export const results = [registry.execute(...parameters)]`

const WRONG = `
registry.execute('gret')
registry.executeSync('gret')
registry.execute('toString')
registry.execute('greet', ['--stlye', 'shout'])
registry.execute('greet', ['--style', 'shuot'])
registry.execute('greet', ['--style=shuot'])
registry.execute('greet', ['morning', '--mood', 'bad'])
registry.execute('greet', ['--mood', 'good'])
registry.execute('pick', ['green'])`

describe('in a program, with the declarations of sen types,', () => {
  test('names of commands and options, and known values, are checked', async () => {
    expect(await wrongLines(WRONG, declarations)).toEqual(WRONG.trim().split('\n'))
  })

  test('what may be right is allowed', async () => {
    expect(await wrongLines(RIGHT, declarations)).toEqual([])
  })

  test('what would have been right is said', async () => {
    const program = "registry.execute('greet', ['--style', 'shuot'])"
    const [message] = await compileProject((await userProgram(program, declarations)).directory)
    expect(message).toContain('"plain" | "shout"')
  })
})

test('without declarations, every name and word is allowed', async () => {
  expect(await wrongLines(RIGHT + WRONG)).toEqual([])
})

describe('declarations of plugins that mean harm', () => {
  const placeholder = ['`$', '{evil()}`'].join('')
  const evil = [
    '*/ evil() /*',
    placeholder,
    'a\n    evil: 1 //',
    '\u202eevil',
    '"; evil()',
    '\\',
    "'",
    '\u2028evil',
    '@deprecated',
    '![x](http://127.0.0.1/)',
    '</script>',
  ]
  const spec: CommandSpec = {
    name: '__proto__',
    about: evil.join(' '),
    args: evil.map((text, index) => ({
      name: text,
      long: text,
      required: false,
      help: text,
      possibleValues: [text, `x${index}`],
    })),
    subcommands: [{ name: 'constructor', about: '*/', args: [], subcommands: [] }],
  }

  test('compile, and say what they said as literals', async () => {
    const program = evil.map(text => `registry.execute('__proto__', ${toJson([`--${text}`, text], 'line')})`)
    const wrong = "registry.execute('__proto__', ['--\\\\', 'nothing'])"
    expect(await wrongLines([...program, wrong].join('\n'), declarationsOf([spec]))).toEqual([wrong])
  })

  test('hide nothing, and neither end a comment nor show pictures', () => {
    const text = declarationsOf([spec])
    expect(text).not.toMatch(/[^\n\x20-\x7e]/)
    const comments = text.split('\n').filter(line => /^ *(\/\*\*| \*)/.test(line))
    expect(comments.join('\n')).toContain('evil')
    expect(comments.filter(line => line.replace(/ \*\/$/, '').includes('*/'))).toEqual([])
    expect(comments.filter(line => /(?<!\\)[[@`<]/.test(line))).toEqual([])
  })
})

test('the JSON Schema has each command under its name, whatever that is', () => {
  const { $defs } = JSON.parse(schemaOf([greet, { ...raw, name: '__proto__' }]))
  expect(Object.keys($defs)).toEqual(['__proto__', 'greet'])
  expect($defs.greet.properties.style).toMatchObject({ type: 'string', enum: ['plain', 'shout'] })
})

describe('sen types', () => {
  test('writes declarations to stdout, sorted by command', async () => {
    const [, directory = ''] = await having('hello', 'greet')
    const { code, stdout, stderr } = await sen(['types', directory])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.match(/^ {4}"\w+":/gm)).toEqual(['    "greet":', '    "hello":'])
  })

  test('writes a JSON Schema', async () => {
    const [, directory = ''] = await having('hello')
    const { stdout } = await sen(['types', directory, '--json-schema'])
    expect(Object.keys(JSON.parse(stdout).$defs)).toEqual(['hello'])
  })

  test('writes a file whole, and leaves it alone where nothing has changed', async () => {
    const [, directory = ''] = await having('hello')
    const folder = await temporaryDirectory()
    const file = join(folder, 'plugins.d.ts')
    expect(await sen(['types', directory, '--out', file])).toMatchObject({ code: 0, stdout: '' })
    const before = await stat(file, { bigint: true })
    expect(await readFile(file, 'utf8')).toBe((await sen(['types', directory])).stdout)
    expect(await sen(['types', directory, '--out', file])).toMatchObject({ code: 0 })
    expect(await stat(file, { bigint: true })).toMatchObject({ ino: before.ino, mtimeNs: before.mtimeNs })
    await guestFile(directory, 'echo')
    await sen(['types', directory, '--out', file])
    expect(await readFile(file, 'utf8')).toContain('"echo"')
    expect(await readdir(folder)).toEqual(['plugins.d.ts'])
  })

  test.each([
    ['a directory that is not there', ['nosuch']],
    ['a file that cannot be written', ['.', '--out', 'nosuch/plugins.d.ts']],
  ])('ends with 2 for %s', async (_, args) => {
    const cwd = await temporaryDirectory()
    expect(await sen(['types', ...args], { cwd })).toMatchObject({ code: 2, stdout: '' })
    expect(await readdir(cwd)).toEqual([])
  })

  test('says what it left out', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'broken.wasm'), 'not wasm')
    const { code, stderr } = await sen(['types', directory])
    expect(code).toBe(0)
    expect(stderr).toContain('ERR_INVALID_MODULE')
  })
})

test('sen watch --types keeps the declarations up to date', async () => {
  const [, directory = ''] = await having('hello')
  const file = join(await temporaryDirectory(), 'plugins.d.ts')
  const watching = startSen(['watch', directory, '--debounce', '10ms', '--types', file])
  await watching.wrote('is written: 1 command')
  expect(await readFile(file, 'utf8')).toContain('"hello"')
  await writeFile(join(directory, 'added.wasm'), await answering('added', 'ok'))
  await watching.wrote('is written: 2 commands')
  expect(await readFile(file, 'utf8')).toContain('"added"')
})
