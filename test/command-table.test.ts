import { describe, expect, test } from 'vitest'
import { type CommandEntry, CommandTable } from '../src/command-table.js'

interface Entry extends CommandEntry {
  readonly version: number
}

let versions = 0
const entry = (command: string, path?: string): Entry => ({ command, path, version: versions++ })

describe('a command has one owner', () => {
  test('the first that comes', () => {
    const table = new CommandTable<Entry>()
    const [first, second] = [entry('same', '/a'), entry('same', '/b')]
    expect(table.add(first, 'reject')).toEqual({ removed: [] })
    expect(table.add(second, 'reject')).toEqual({ removed: [], conflict: first })
    expect(table.get('same')).toBe(first)
    expect(table.owners()).toEqual([first])
    expect(table.size).toBe(1)
  })

  test('the last that comes, where it replaces', () => {
    const table = new CommandTable<Entry>()
    const [first, second] = [entry('same', '/a'), entry('same', '/b')]
    table.add(first, 'replace')
    expect(table.add(second, 'replace')).toEqual({ removed: [first] })
    expect(table.get('same')).toBe(second)
    expect(table.byPath('/a')).toBeUndefined()
    expect(table.entries()).toEqual([second])
  })

  test('those without a file do not wait for it', () => {
    const table = new CommandTable<Entry>()
    const [first, second] = [entry('same'), entry('same')]
    table.add(first, 'reject')
    expect(table.add(second, 'reject')).toEqual({ removed: [], conflict: first })
    table.remove(first)
    expect(table.size).toBe(0)
    expect(table.entries()).toEqual([])
  })
})

describe('those that wait in line', () => {
  test('come after one another', () => {
    const table = new CommandTable<Entry>()
    const line = ['/a', '/b', '/c'].map(path => entry('same', path))
    for (const waiting of line) table.add(waiting, 'reject')
    for (const next of line) {
      expect(table.get('same')).toBe(next)
      expect(table.entries()).toEqual(line.slice(line.indexOf(next)))
      table.remove(next)
    }
    expect(table.get('same')).toBeUndefined()
  })

  test('are known by their path, and are no owners', () => {
    const table = new CommandTable<Entry>()
    const [owner, waiting] = [entry('same', '/a'), entry('same', '/b')]
    table.add(owner, 'reject')
    table.add(waiting, 'reject')
    expect(table.byPath('/b')).toBe(waiting)
    expect(table.owners()).toEqual([owner])
    expect(table.entries()).toEqual([owner, waiting])
  })

  test('can be taken out', () => {
    const table = new CommandTable<Entry>()
    const [owner, waiting] = [entry('same', '/a'), entry('same', '/b')]
    table.add(owner, 'reject')
    table.add(waiting, 'reject')
    table.remove(waiting)
    expect(table.byPath('/b')).toBeUndefined()
    table.remove(owner)
    expect(table.size).toBe(0)
  })

  test('wait with their newest version, and only that', () => {
    const table = new CommandTable<Entry>()
    const [owner, older, newer] = [entry('same', '/a'), entry('same', '/b'), entry('same', '/b')]
    table.add(owner, 'reject')
    table.add(older, 'reject')
    expect(table.add(newer, 'reject')).toEqual({ removed: [older], conflict: owner })
    table.remove(owner)
    expect(table.get('same')).toBe(newer)
    table.remove(newer)
    expect(table.size).toBe(0)
  })

  test('leave the line when their newest version has another command', () => {
    const table = new CommandTable<Entry>()
    const [owner, older, newer] = [entry('same', '/a'), entry('same', '/b'), entry('free', '/b')]
    table.add(owner, 'reject')
    table.add(older, 'reject')
    expect(table.add(newer, 'reject')).toEqual({ removed: [older] })
    expect(table.owners()).toEqual([newer, owner])
    table.remove(owner)
    expect(table.owners()).toEqual([newer])
  })
})

describe('a new version of a file', () => {
  test('takes the place of the old one', () => {
    const table = new CommandTable<Entry>()
    const [older, newer] = [entry('same', '/a'), entry('same', '/a')]
    table.add(older, 'reject')
    expect(table.add(newer, 'reject')).toEqual({ removed: [older] })
    expect(table.get('same')).toBe(newer)
    expect(table.byPath('/a')).toBe(newer)
    expect(table.entries()).toEqual([newer])
  })

  test('with another command gives the old one to who waits for it', () => {
    const table = new CommandTable<Entry>()
    const [older, waiting, newer] = [entry('same', '/a'), entry('same', '/b'), entry('other', '/a')]
    table.add(older, 'reject')
    table.add(waiting, 'reject')
    expect(table.add(newer, 'reject')).toEqual({ removed: [older], promoted: [waiting] })
    expect(table.owners()).toEqual([newer, waiting])
  })

  test('whose command is taken leaves the old one where it is', () => {
    const table = new CommandTable<Entry>()
    const [owner, older, newer] = [entry('same', '/a'), entry('mine', '/b'), entry('same', '/b')]
    table.add(owner, 'reject')
    table.add(older, 'reject')
    expect(table.add(newer, 'reject')).toEqual({ removed: [], conflict: owner })
    expect(table.byPath('/b')).toBe(older)
    expect(table.owners()).toEqual([older, owner])
  })

  test('that replaces removes the old one and the owner', () => {
    const table = new CommandTable<Entry>()
    const [owner, older, newer] = [entry('same', '/a'), entry('mine', '/b'), entry('same', '/b')]
    table.add(owner, 'replace')
    table.add(older, 'replace')
    expect(table.add(newer, 'replace').removed).toEqual([owner, older])
    expect(table.entries()).toEqual([newer])
  })
})

test('removing what is not there changes nothing', () => {
  const table = new CommandTable<Entry>()
  const owner = entry('same', '/a')
  table.add(owner, 'reject')
  table.remove(entry('same', '/a'))
  expect(table.get('same')).toBe(owner)
  expect(table.byPath('/a')).toBe(owner)
})

describe('suggestions', () => {
  const table = new CommandTable<Entry>()
  for (const name of ['status', 'start', 'stop', 'deploy', 'x', 'constructor']) {
    table.add(entry(name, `/${name}`), 'reject')
  }

  test.each([
    ['deplyo', ['deploy']],
    ['Deploy', ['deploy']],
    ['sta', ['start', 'status']],
    ['stopp', ['stop']],
    ['star', ['start']],
    ['y', []],
    ['zzz', []],
    ['toString', []],
    ['constructo', ['constructor']],
  ])('for %j are %j', (typed, suggestions) => {
    expect(table.suggestions(typed)).toEqual(expect.arrayContaining(suggestions))
    if (suggestions.length === 0) expect(table.suggestions(typed)).toEqual([])
  })

  test('are at most three, the closest first', () => {
    const many = new CommandTable<Entry>()
    for (const name of ['abcd', 'abce', 'abcf', 'abcg', 'abxx']) many.add(entry(name), 'reject')
    expect(many.suggestions('abch')).toEqual(['abcd', 'abce', 'abcf'])
    expect(many.suggestions('abcz').slice(0, 1)).toEqual(['abcd'])
  })

  test('for a megabyte are none', () => {
    expect(table.suggestions('s'.repeat(2 ** 20))).toEqual([])
  })
})
