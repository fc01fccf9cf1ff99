import picocolors from 'picocolors'
import { describe, expect, test } from 'vitest'
import { table } from '../../src/cli/table.js'
import type { Channel } from '../../src/cli/terminal.js'
import { clip, widthOf } from '../../src/cli/width.js'

describe('the width of', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['Grüße', 5],
    ['e\u0301', 1],
    ['\u0301', 0],
    ['世界', 4],
    ['한글', 4],
    ['ｆｕｌｌ', 8],
    ['ｱ', 1],
    ['👍🏽', 2],
    ['❤️', 2],
    ['🇩🇪', 2],
    ['…', 1],
  ])('%j is %d columns', (text, width) => expect(widthOf(text)).toBe(width))
})

describe('a text that is too wide', () => {
  test.each([
    ['abcdef', 4, 'end', 'abc…'],
    ['abcdef', 4, 'start', '…def'],
    ['abcdef', 6, 'end', 'abcdef'],
    ['世界世界', 5, 'end', '世界…'],
    ['世界世界', 4, 'end', '世…'],
    ['ae\u0301b', 2, 'end', 'a…'],
    ['👍🏽👍🏽', 3, 'start', '…👍🏽'],
  ] as const)('%j in %d columns, cut at the %s, is %j', (text, width, cut, clipped) => {
    expect(clip(text, width, cut)).toBe(clipped)
    expect(widthOf(clipped)).toBeLessThanOrEqual(width)
  })
})

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
