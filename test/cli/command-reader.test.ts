import { describe, expect, test } from 'vitest'
import { CommandReader } from '../../src/cli/repl/command-reader.js'

describe('a line of the shell', () => {
  test.each<[line: string, words: string[]]>([
    ['greet Ada', ['greet', 'Ada']],
    ['  greet   Ada  ', ['greet', 'Ada']],
    ['greet "Ada Lovelace"', ['greet', 'Ada Lovelace']],
    [`greet 'a "b" c'`, ['greet', 'a "b" c']],
    ['greet a\\ b', ['greet', 'a b']],
    ['greet ""', ['greet', '']],
    ['greet a#b # c', ['greet', 'a#b', '#', 'c']],
    ['', []],
    ['# greet Ada', []],
    ['  # greet Ada', []],
  ])('%j has the words %j', (line, words) => {
    expect(new CommandReader().read(line)).toEqual(words)
  })

  test.each([
    ['a quote is open', ["greet 'a", "# b'"], ['greet', 'a\n# b']],
    ['it ends in a backslash', ['greet a \\', 'b'], ['greet', 'a', 'b']],
  ])('goes on for as long as %s', (_, [first = '', second = ''], words) => {
    const reader = new CommandReader()
    expect(reader.read(first)).toBeUndefined()
    expect(reader.isOpen).toBe(true)
    expect(reader.read(second)).toEqual(words)
    expect(reader.isOpen).toBe(false)
  })

  test('is forgotten when it is given up', () => {
    const reader = new CommandReader()
    reader.read("greet 'a")
    reader.discard()
    expect(reader.isOpen).toBe(false)
    expect(reader.read('hello')).toEqual(['hello'])
  })
})
