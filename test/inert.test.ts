import { describe, expect, test } from 'vitest'
import { inert, inertJson, inertLine } from '../src/inert.js'

describe('text of a plugin is shown inert', () => {
  test.each([
    ['a colour', '\x1b[31mred\x1b[0m', '\\x1b[31mred\\x1b[0m'],
    ['clearing the screen', '\x1b[2J\x1b[H', '\\x1b[2J\\x1b[H'],
    ['a hyperlink', '\x1b]8;;http://example.test/\x1b\\', '\\x1b]8;;http://example.test/\\x1b\\'],
    ['the clipboard', '\x1b]52;c;cHduZWQ=\x07', '\\x1b]52;c;cHduZWQ=\\x07'],
    ['an 8-bit control sequence', '\x9b31m', '\\x9b31m'],
    ['a carriage return that hides what was before', 'bad\rgood', 'bad\\rgood'],
    ['a backspace', 'bad\b\b\bgood', 'bad\\x08\\x08\\x08good'],
    ['NUL and DEL', '\0\x7f', '\\x00\\x7f'],
    ['a right-to-left override', 'exe.\u202etxt', 'exe.\\u{202e}txt'],
    ['bidirectional isolates', '\u2066a\u2069', '\\u{2066}a\\u{2069}'],
    ['an Arabic letter mark', '\u061c', '\\u{61c}'],
    ['a zero-width space', 'pass\u200bword', 'pass\\u{200b}word'],
    ['a zero-width joiner', '\u200d', '\\u{200d}'],
    ['line and paragraph separators', '\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['a soft hyphen', 'a\u00adb', 'a\\xadb'],
    ['a byte order mark', '\ufeff', '\\u{feff}'],
    ['a Hangul filler', '\u3164', '\\u{3164}'],
    ['an interlinear annotation', '\ufff9', '\\u{fff9}'],
    ['tag characters', '\u{e0041}\u{e007f}', '\\u{e0041}\\u{e007f}'],
    ['half of a surrogate pair', '\ud800', '\\u{d800}'],
  ])('%s', (_, text, shown) => {
    expect(inert(text)).toBe(shown)
    expect(inertLine(text)).toBe(shown)
  })
})

test.each([
  'Grüße, 世界, שלום, مرحبا, नमस्ते',
  '👍🏽 ❤️ 🇩🇪',
  'e\u0301',
  'backslashes \\x1b and "quotes"',
  '\u00a0',
])('what can only be read stays as it is: %s', text => {
  expect(inert(text)).toBe(text)
  expect(inertLine(text)).toBe(text)
})

test('new lines and tabs stay in texts, and are shown in what has one line', () => {
  expect(inert('a\n\tb')).toBe('a\n\tb')
  expect(inertLine('a\n\tb')).toBe('a\\n\\tb')
})

test('a JSON document is inert and means the same', () => {
  const value = { '\u202e': ['\x7f\x9b31m', '\u{e0041}', 'a\nb', '\x1b[31m'] }
  const document = inertJson(JSON.stringify(value, null, 2))
  expect(inert(document)).toBe(document)
  expect(JSON.parse(document)).toEqual(value)
})
