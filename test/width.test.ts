import { describe, expect, test } from 'vitest'
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
