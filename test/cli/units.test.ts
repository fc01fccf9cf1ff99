import { describe, expect, test } from 'vitest'
import { formatCount, formatSize, parseCount, parseDuration, parseSize } from '../../src/cli/units.js'

describe('sizes', () => {
  test.each([
    ['0', 0],
    ['65536', 65_536],
    ['65_536', 65_536],
    ['64K', 65_536],
    ['64KiB', 65_536],
    ['64kb', 64_000],
    ['64MiB', 2 ** 26],
    ['64 MiB', 2 ** 26],
    ['64m', 2 ** 26],
    ['64MB', 64e6],
    ['1.5G', 1.5 * 2 ** 30],
    ['12B', 12],
  ])('%s is %d bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes))

  test.each(['', 'x', '-1', '64Mi', '1e6', '0x10', '.5', '1.0001', '64MiBs', '9999999G', 'constructor'])(
    '%j is none',
    text => expect(parseSize(text)).toBeUndefined(),
  )

  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [65_536, '64.0 KiB'],
    [138_309, '135 KiB'],
    [1_179_648, '1.1 MiB'],
    [2 ** 42, '4096 GiB'],
  ])('%d bytes are shown as %s', (bytes, text) => expect(formatSize(bytes)).toBe(text))
})

describe('times', () => {
  test.each([
    ['500', 500],
    ['500ms', 500],
    ['0.5', 0.5],
    ['2s', 2000],
    ['1.5 s', 1500],
    ['1m', 60_000],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms))

  test.each(['', 's', '-1', '1h', 'Infinity', 'NaN'])('%j is none', text =>
    expect(parseDuration(text)).toBeUndefined(),
  )
})

describe('counts', () => {
  test('are exact up to the largest fuel and beyond', () => {
    expect(parseCount('18446744073709551615')).toBe(2n ** 64n - 1n)
    expect(parseCount('10_000_000')).toBe(10_000_000n)
  })

  test.each(['', '-1', '1.5', '1e6', '0x10', '10M', '_1', '1__0'])('%j is none', text =>
    expect(parseCount(text)).toBeUndefined(),
  )

  test('are shown in groups', () => expect(formatCount(10_000_000n)).toBe('10,000,000'))
})
