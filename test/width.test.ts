import { describe, expect, test, vi } from 'vitest'
import { clip, widthOf, wrap } from '../src/width.js'

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

describe('lines of a text', () => {
  test.each<[text: string, width: number | undefined, broken: string[], kept: string[]]>([
    ['one two three', undefined, ['one two three'], ['one two three']],
    ['one two three', 7, ['one two', 'three'], ['one two', 'three']],
    ['a abcdefgh b', 5, ['a', 'abcde', 'fgh b'], ['a', 'abcdefgh', 'b']],
    ['世界 世界', 5, ['世界', '世界'], ['世界', '世界']],
  ])('%j, in %s columns', (text, width, broken, kept) => {
    expect(wrap(text, width)).toEqual(broken)
    expect(wrap(text, width, 'keep')).toEqual(kept)
  })
})

describe('a long text', () => {
  const family = '👨‍👩‍👧'
  // So that pieces end at each place within a character.
  test.each([0, 1, 2, 3, 4, 5, 6, 7])('is segmented as it is when it is short, %d units on', before => {
    const text = 'x'.repeat(before) + family.repeat(100) + 'e\u0301世👍🏽'.repeat(100)
    expect(widthOf(text)).toBe(before + 2 * 100 + 5 * 100)
    const lines = wrap(text, 2)
    expect(lines.join('')).toBe(text)
    expect(lines.filter(line => line === family).length).toBeGreaterThanOrEqual(99)
    expect(lines.filter(line => widthOf(line) > 2)).toEqual([])
  })

  test('is clipped at either end', () => {
    const text = '世'.repeat(10_000)
    expect(clip(text, 6, 'end')).toBe('世世…')
    expect(clip(text, 6, 'start')).toBe('…世世')
  })

  test('may be more lines than a call may have arguments', () => {
    expect(wrap('x'.repeat(300_000), 1)).toHaveLength(300_000)
  })

  test.each(['é', 'e\u0301', family, '\u0301', '🇩', '世 '])('of %j is segmented in pieces', unit => {
    const segment = vi.spyOn(Intl.Segmenter.prototype, 'segment')
    const text = unit.repeat(20_000)
    for (const layOut of [
      widthOf,
      (line: string) => wrap(line, 80),
      (line: string) => clip(line, 80, 'start'),
    ]) {
      segment.mockClear()
      layOut(text)
      const pieces = segment.mock.calls.map(([piece]) => piece.length)
      expect(pieces.length).toBeGreaterThan(0)
      // What it costs is a piece's length for each of its segments.
      expect(Math.max(...pieces)).toBeLessThanOrEqual(256)
      expect(pieces.reduce((sum, length) => sum + length, 0)).toBeLessThan(6 * text.length)
    }
    segment.mockRestore()
  })
})
