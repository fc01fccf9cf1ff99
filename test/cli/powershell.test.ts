import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'

/** What is needed of a parser's nodes. */
interface Node {
  readonly text: string
  readonly hasError: boolean
  readonly children: readonly (Node | null)[]
  descendantsOfType(types: string[]): (Node | null)[]
}

/** What is needed of web-tree-sitter, whose own declarations ask for those of Emscripten and of browsers. */
interface TreeSitter {
  readonly Language: { load(file: string): Promise<object> }
  readonly Parser: {
    init(): Promise<void>
    new (): { setLanguage(language: object): void; parse(text: string): { readonly rootNode: Node } | null }
  }
}

const require = createRequire(import.meta.url)
const { Language, Parser } = require('web-tree-sitter') as TreeSitter
const script = fileURLToPath(new URL('../../completions/sen.ps1', import.meta.url))

let root: Node

/** Reads PowerShell by its grammar. */
let parse: (text: string) => Node

beforeAll(async () => {
  await Parser.init()
  const parser = new Parser()
  parser.setLanguage(
    await Language.load(require.resolve('tree-sitter-powershell/tree-sitter-powershell.wasm')),
  )
  parse = text => {
    const tree = parser.parse(text)
    if (tree === null) throw new Error('the parser was stopped')
    return tree.rootNode
  }
  root = parse(await readFile(script, 'utf8'))
})

function found(node: Node, ...types: string[]): Node[] {
  return node.descendantsOfType(types).filter(node => node !== null)
}

/** The texts in single quotes on the right of operators, by what is on the left. */
function operands(left: string, operator: string): string[] {
  const [comparison] = found(root, 'comparison_expression').filter(({ children }) => {
    const [first, second] = children
    return first?.text === left && second?.text === operator
  })
  const right = comparison?.children[2]
  if (right == null) throw new Error(`the script has no ${left} ${operator}`)
  return found(right, 'verbatim_string_characters').map(({ text }) => text.slice(1, -1).replaceAll("''", "'"))
}

/** A word as the script would write it: .NET and JavaScript read its expressions alike. */
function written(word: string): string {
  const [plain = ''] = operands('$word', '-match')
  const [quotes = '', doubled = ''] = operands('$word', '-replace')
  // PowerShell's operators ignore case.
  if (new RegExp(plain, 'i').test(word)) return word
  return `'${word.replace(new RegExp(quotes, 'gi'), doubled.replaceAll('$0', '$$&'))}'`
}

test('the script for PowerShell is PowerShell', () => {
  expect(root.hasError).toBe(false)
  expect(found(root, 'command_name').map(({ text }) => text)).toContain('Register-ArgumentCompleter')
  expect(parse('Register-ArgumentCompleter {').hasError).toBe(true)
})

describe('the script for PowerShell evaluates nothing that sen answers', () => {
  test('as text of commands', () => {
    const commands = found(root, 'command_name').map(({ text }) => text.toLowerCase())
    const evaluating = ['iex', 'invoke-expression', 'invoke-command', 'add-type', 'start-process']
    expect(commands.filter(name => evaluating.includes(name))).toEqual([])
    expect(root.text).not.toMatch(/\[scriptblock\]|ExpandString|InvokeScript/i)
  })

  test('as a command to call: that is sen alone', () => {
    const called = found(root, 'command').filter(({ text }) => text.startsWith('&'))
    expect(called.map(({ text }) => text.split(' ')[1])).toEqual(['sen'])
  })
})

describe('the script for PowerShell writes a word', () => {
  test.each(['greet', 'db:migrate', '--style', '--style=shout', './a/b.wasm', '-s', 'a-b_c.d', '5'])(
    'as it is: %s',
    word => {
      expect(written(word)).toBe(word)
    },
  )

  test.each([
    ['$(calc)', "'$(calc)'"],
    ['$env:PATH', "'$env:PATH'"],
    ['`n', "'`n'"],
    ['a b', "'a b'"],
    ['a;b', "'a;b'"],
    ['a|b&c', "'a|b&c'"],
    ['a,b', "'a,b'"],
    ['@args', "'@args'"],
    ['{a}', "'{a}'"],
    ['(a)', "'(a)'"],
    ['#a', "'#a'"],
    ['>a', "'>a'"],
    ['"a"', '\'"a"\''],
    ['--%', "'--%'"],
    ['*', "'*'"],
    ['~', "'~'"],
    ['a\\b', "'a\\b'"],
    // It would be two arguments.
    ['-a.b', "'-a.b'"],
    ['-a:b', "'-a:b'"],
    ['größe', "'größe'"],
    ["it's", "'it''s'"],
    // PowerShell ends a text in single quotes at any of these.
    ['it\u2018s', "'it\u2018\u2018s'"],
    ['it\u2019s', "'it\u2019\u2019s'"],
    ['it\u201as', "'it\u201a\u201as'"],
    ['it\u201bs', "'it\u201b\u201bs'"],
    ["'; calc; '", "'''; calc; '''"],
    ['\u2019; calc #', "'\u2019\u2019; calc #'"],
  ])('as a text that means nothing else: %s', (word, expected) => {
    expect(written(word)).toBe(expected)
    const line = parse(`sen run ${expected}`)
    expect(line.hasError).toBe(false)
    expect(found(line, 'verbatim_string_characters').map(({ text }) => text)).toEqual([expected])
  })
})
