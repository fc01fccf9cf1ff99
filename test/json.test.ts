import { expect, test } from 'vitest'
import { toJson } from '../src/json.js'

test('fuel is a number where that is exact, and a text where it is not', () => {
  const exact = 2n ** 53n - 1n
  expect(toJson([1n, exact, exact + 1n, 2n ** 64n - 1n], 'line')).toBe(
    '[1,9007199254740991,"9007199254740992","18446744073709551615"]',
  )
})

test('a document has lines, or is one', () => {
  expect(toJson({ output: 'a\nb' }, 'line')).toBe('{"output":"a\\nb"}')
  expect(toJson({ output: 'a\nb' }, 'lines').split('\n')).toHaveLength(3)
})
