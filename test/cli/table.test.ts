import picocolors from 'picocolors'
import { describe, expect, test } from 'vitest'
import { table } from '../../src/cli/table.js'
import type { Channel } from '../../src/terminal.js'
import { widthOf } from '../../src/width.js'

const COLUMNS = [{ title: 'NAME' }, { title: 'ABOUT', cut: 'end' }, { title: 'FILE', cut: 'start' }] as const

function channel(width?: number): Channel {
  return { width, colors: picocolors.createColors(false) } as Channel
}

describe('a table', () => {
  const rows = [
    ['greet', 'Greets someone in one of several styles', 'plugins/greet.wasm'],
    ['世界', 'Says 世界', 'plugins/world.wasm'],
  ]

  test('has columns, in full where there is no terminal', () => {
    expect(table(COLUMNS, rows, channel())).toEqual([
      'NAME   ABOUT                                    FILE',
      'greet  Greets someone in one of several styles  plugins/greet.wasm',
      '世界   Says 世界                                plugins/world.wasm',
    ])
  })

  test.each([80, 60, 50, 40, 30])('fits a terminal of %d columns', width => {
    for (const line of table(COLUMNS, rows, channel(width))) expect(widthOf(line)).toBeLessThanOrEqual(width)
  })

  test('keeps the ends of paths on a narrow terminal', () => {
    expect(table(COLUMNS, rows, channel(30))[1]).toBe('greet  Greets …  …s/greet.wasm')
  })

  test('is not widened by one very long text', () => {
    const long = table(
      [{ title: 'ABOUT', most: 3 }, { title: 'FILE' }],
      [
        ['👍'.repeat(1000), 'a'],
        ['👍👍👍', 'c'],
      ],
      channel(),
    )
    expect(long).toEqual(['ABOUT    FILE', '👍👍👍…  a', '👍👍👍   c'])
  })

  test('has one line for each row, and nothing in it that a terminal would act on', () => {
    const lines = table(COLUMNS, [['a\x1b[31m', 'one\ntwo\u202e', 'x\r.wasm']], channel())
    expect(lines).toHaveLength(2)
    expect(lines[1]).toBe('a\\x1b[31m  one\\ntwo\\u{202e}  x\\r.wasm')
  })
})
