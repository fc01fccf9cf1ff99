import { MemoryAuditSink } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { fromLine, toLine } from '../../src/audit/line.js'
import { faultSync } from '../fault.js'
import { event } from './events.js'

const HOSTILE = [
  ['a new line and a forged record', 'a\n{"type":"granted"}\r\n'],
  ['separators of lines and paragraphs', 'a\u2028b\u2029c\u0085d'],
  ['a colour', '\x1b[31mred\x1b[0m'],
  ['the clipboard', '\x1b]52;c;cHduZWQ=\x07'],
  ['an 8-bit control sequence', '\x9b31m'],
  ['NUL, backspace and DEL', '\0\b\x7f'],
  ['reversed text', '\u202egnp.exe\u202c \u2066a\u2069 \u061c\u200f'],
  ['characters that nobody sees', 'a\u200b\u2060\ufeff\u00adb'],
  ['letters of tags', '\u{e0041}\u{e0042}'],
  ['half of a character', 'a\ud83d'],
  ['the other half', '\ude00a'],
  ['quotes and backslashes', '"}\\u0022\\n'],
  ['no text', ''],
  ['other scripts, and emoji', 'Größe 世界 👍🏽 ❤️ e\u0301'],
] as const

/** Whatever a terminal acts on, or a reader takes for the end of a line. */
const LOUD = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}\u{200b}\u{feff}\u{e0000}-\u{e007f}]/u

describe('whatever a plugin says', () => {
  test.each(HOSTILE)('%s is one inert line, and is read as what it was', (_, text) => {
    const hostile = event({
      command: text,
      path: text,
      details: { text, list: [text], nested: { [text]: 1 } },
    })
    const line = toLine(hostile)
    expect(line).not.toMatch(LOUD)
    expect(fromLine(line)).toEqual(hostile)
  })

  test('keys such as __proto__ are data', () => {
    const details = JSON.parse('{"__proto__":{"polluted":true},"constructor":1,"toJSON":"x","toString":null}')
    const read = fromLine(toLine(event({ details })))
    expect(Object.keys(read?.details ?? {})).toEqual(['__proto__', 'constructor', 'toJSON', 'toString'])
    expect(Object.getOwnPropertyDescriptor(read?.details, '__proto__')?.value).toEqual({ polluted: true })
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('a record is bounded', () => {
  test('a string of 4,096 units is whole, and of a longer one is said how much is left out', () => {
    const whole = 'x'.repeat(4096)
    expect(fromLine(toLine(event({ command: whole })))?.command).toBe(whole)
    expect(fromLine(toLine(event({ command: `${whole}yz` })))?.command).toBe(`${whole}…[2 more]`)
  })

  test('no character is cut through the middle', () => {
    const text = `${'x'.repeat(4095)}😀`
    expect(fromLine(toLine(event({ command: text })))?.command).toBe(`${'x'.repeat(4095)}…[2 more]`)
  })

  test.each([
    ['one long text', { text: '\x1b'.repeat(2 ** 20) }],
    ['many texts', { list: Array.from({ length: 1000 }, () => '\x1b'.repeat(4096)) }],
    ['many numbers', { list: Array.from({ length: 100_000 }, (_, index) => index) }],
    ['many keys', Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`\x1b${index}`, index]))],
  ])('to a line of half a mebibyte: %s', (_, details) => {
    const line = toLine(event({ details }))
    expect(Buffer.byteLength(line)).toBeLessThan(2 ** 19)
    expect(fromLine(line)).toMatchObject({ command: 'greet', type: 'used' })
  })

  test('what is left out of lists and objects is counted', () => {
    const list = Array.from({ length: 20_000 }, () => 1)
    const kept = fromLine(toLine(event({ details: { list } })))?.details?.list as unknown[]
    expect(kept.length).toBeLessThan(list.length)
    expect(kept.at(-1)).toBe(`…[${list.length - (kept.length - 1)} more]`)
    const keys = Array.from({ length: 20_000 }, (_, index) => [`k${index}`, 1])
    const object = fromLine(toLine(event({ details: Object.fromEntries(keys) })))?.details ?? {}
    expect(object['…']).toBe(`…[${keys.length - (Object.keys(object).length - 1)} more]`)
  })

  test('what goes round in a circle has an end', () => {
    const details: Record<string, unknown> = {}
    details.self = details
    expect(fromLine(toLine(event({ details: details as never })))).toMatchObject({ command: 'greet' })
  })
})

const BAD = [
  ['no object', 'used'],
  ['null', null],
  ['a list', [event()]],
  ['no time', { ...event(), time: undefined }],
  ['a time of no zone', event({ time: '2026-03-01T12:00:00' })],
  ['a time that never was', event({ time: '2026-13-01T12:00:00Z' })],
  ['another type', { ...event(), type: 'trusted' }],
  ['a type of Object.prototype', { ...event(), type: 'constructor' }],
  ['a command that is no text', { ...event(), command: 1 }],
  ['no digest', { ...event(), digest: undefined }],
  ['a path that is no text', { ...event(), path: null }],
  ['details that are a list', { ...event(), details: [] }],
  ['details that are null', { ...event(), details: null }],
] as const

describe('what is no event', () => {
  test.each(BAD)('%s is not recorded', (_, bad) => {
    const { details } = faultSync('ERR_INVALID_ARG', () => new MemoryAuditSink().record(bad as never))
    expect(details).toEqual({ name: 'event' })
  })

  test.each(BAD)('%s is not read as one', (_, bad) => {
    expect(fromLine(JSON.stringify(bad))).toBeUndefined()
  })

  test.each(['', ' ', '{', '{}', `${JSON.stringify(event())},`, '\0'])('%j is not read as one', line => {
    expect(fromLine(line)).toBeUndefined()
  })
})
