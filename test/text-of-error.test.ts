import { expect, test } from 'vitest'
import { textOfError } from '../src/text-of-error.js'

const { proxy, revoke } = Proxy.revocable({}, {})
revoke()

test.each([
  ['an error', new TypeError('wrong'), 'wrong'],
  ['a text', 'wrong', 'wrong'],
  ['nothing', undefined, 'undefined'],
  ['a symbol', Symbol('wrong'), 'Symbol(wrong)'],
  ['an error whose message is none', Object.assign(new Error(), { message: 5 }), '5'],
  ['an object without a prototype', Object.create(null), 'something was thrown that has no text'],
  ['a revoked proxy', proxy, 'something was thrown that has no text'],
])('%s that was thrown has a text', (_, thrown, text) => {
  expect(textOfError(thrown)).toBe(text)
})

test("an error's stack is its text where that is asked for", () => {
  expect(textOfError(new Error('wrong'), 'stack')).toContain('text-of-error.test')
})
