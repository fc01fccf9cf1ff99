import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Project } from 'ts-morph'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node'
import { having } from './having.js'
import { sen } from './sen.js'
import { linesOf, type UserProgram, userProgram } from './user-program.js'

/** What an editor asks of TypeScript for a program that is open in it. */
interface Editor {
  /** What may be typed at an offset into the program. */
  completionsAt(offset: number): Promise<string[]>
  /** The numbers of the lines that are marked, counted from 0. */
  markedLines(): Promise<number[]>
}

/** TypeScript's language service, which editors use up to TypeScript 6. */
async function languageService({ directory, file }: UserProgram): Promise<Editor> {
  const project = new Project({ tsConfigFilePath: join(directory, 'tsconfig.json') })
  const { compilerObject: service } = project.getLanguageService()
  onTestFinished(() => service.dispose())
  return {
    completionsAt: async offset => {
      const entries = service.getCompletionsAtPosition(file, offset, undefined)?.entries ?? []
      return entries.map(({ name }) => name)
    },
    markedLines: async () =>
      service.getSemanticDiagnostics(file).map(({ file: source, start = 0 }) => {
        return source?.getLineAndCharacterOfPosition(start).line ?? -1
      }),
  }
}

/** The language server that TypeScript has had since version 7. */
async function languageServer({ directory, file, text }: UserProgram): Promise<Editor> {
  const require = createRequire(import.meta.url)
  const manifest = require.resolve('typescript/package.json')
  const server = join(dirname(manifest), require(manifest).bin.tsc)
  const child = spawn(process.execPath, [server, '--lsp', '--stdio'], {
    cwd: directory,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const connection = createMessageConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  )
  onTestFinished(() => {
    connection.dispose()
    child.kill()
  })
  // It asks for settings, and to be told of changed files: there are none.
  connection.onRequest((_method, params) => (params as { items?: unknown[] }).items?.map(() => null) ?? null)
  connection.listen()
  const uri = pathToFileURL(file).href
  await connection.sendRequest('initialize', {
    processId: process.pid,
    rootUri: pathToFileURL(directory).href,
    capabilities: { textDocument: { diagnostic: {} } },
  })
  await connection.sendNotification('initialized', {})
  const textDocument = { uri, languageId: 'typescript', version: 1, text }
  await connection.sendNotification('textDocument/didOpen', { textDocument })
  return {
    completionsAt: async offset => {
      const before = text.slice(0, offset).split('\n')
      const position = { line: before.length - 1, character: before.at(-1)?.length ?? 0 }
      const answer: Items = await connection.sendRequest('textDocument/completion', {
        textDocument: { uri },
        position,
      })
      return (Array.isArray(answer) ? answer : (answer?.items ?? [])).map(({ label }) => label)
    },
    markedLines: async () => {
      const answer: { items: { range: { start: { line: number } } }[] } = await connection.sendRequest(
        'textDocument/diagnostic',
        { textDocument: { uri } },
      )
      return answer.items.map(({ range }) => range.start.line)
    },
  }
}

type Items = { label: string }[] | { items: { label: string }[] } | null

/** What `sen types` writes for plugins whose manifests say more and less. */
async function declarations(): Promise<string> {
  const [, directory = ''] = await having('greet', 'hello')
  const { code, stdout } = await sen(['types', directory])
  expect(code).toBe(0)
  return stdout
}

const COMMANDS = ['greet', 'hello']
const OPTIONS = ['--count', '--greeting', '--style', '-g', '-n', '-s']
const STYLES = ['plain', 'shout', 'whisper']

/** What is offered where the bar is. */
const OFFERED: readonly [line: string, expected: string[]][] = [
  ["registry.execute('|')", COMMANDS],
  ["registry.executeSync('gr|')", COMMANDS],
  ["registry.execute('greet', ['|'])", [...OPTIONS, 'evening', 'morning']],
  ["registry.execute('greet', ['--st|'])", OPTIONS],
  ["registry.execute('greet', ['Ada', '|'])", [...OPTIONS, 'evening', 'morning']],
  ["registry.execute('greet', ['--style', '|'])", STYLES],
  ["registry.execute('greet', ['--style', 'wh|'])", STYLES],
]

const RIGHT = [
  "registry.execute('greet', ['Ada', '--style', 'shout', '-n', '2'])",
  "registry.execute('hello', ['Ada'])",
]
const WRONG = [
  "registry.execute('gret')",
  "registry.execute('greet', ['--stlye', 'shout'])",
  "registry.executeSync('greet', ['--style', 'shuot'])",
]

describe.each([
  ['the language service', languageService],
  ['the language server', languageServer],
])('in an editor with %s of TypeScript, what sen types writes', (_, open) => {
  test('completes commands, options and values', async () => {
    const lines = OFFERED.map(([line]) => line.replace('|', ''))
    const user = await userProgram(lines.join('\n'), await declarations())
    const editor = await open(user)
    for (const [line, expected] of OFFERED) {
      const at = user.text.indexOf(line.replace('|', '')) + line.indexOf('|')
      expect([line, (await editor.completionsAt(at)).sort()]).toEqual([line, expected])
    }
  })

  test('marks what is wrong, and nothing else', async () => {
    const user = await userProgram([...RIGHT, ...WRONG].join('\n'), await declarations())
    const editor = await open(user)
    expect(linesOf(user, await editor.markedLines())).toEqual(WRONG)
  })
})
