import { describe, expect, test } from 'vitest'
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

test('no value is null', () => {
  expect(toJson(undefined, 'line')).toBe('null')
})

describe('what JSON cannot say is named in its place:', () => {
  const circle: Record<string, unknown> = { name: 'a', fuel: 5n }
  circle.self = circle
  circle.list = [circle, 'x']
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  const throwing = {
    get secret() {
      throw new Error('not now')
    },
    other: 1,
  }
  const unwilling = {
    toJSON() {
      throw new Error('no')
    },
  }

  test.each([
    ['a circle', circle, { name: 'a', fuel: 5, self: '[repeated]', list: ['[repeated]', 'x'] }],
    ['a revoked proxy', { proxy: revoked.proxy, other: 1 }, { proxy: '[unreadable]', other: 1 }],
    ['a getter that throws', throwing, { secret: '[unreadable]', other: 1 }],
    ['toJSON that throws', { unwilling, other: 1 }, { unwilling: '[unreadable]', other: 1 }],
    [
      'a date beside a circle',
      [new Date(0), circle, circle],
      ['1970-01-01T00:00:00.000Z', expect.anything(), '[repeated]'],
    ],
  ])('%s', (_, value, written) => {
    expect(JSON.parse(toJson(value, 'line'))).toEqual(written)
  })

  test('what is nested too deep', () => {
    let deep: object = {}
    for (let level = 0; level < 100_000; level += 1) deep = { deep }
    const document = toJson({ deep, other: 1 }, 'line')
    expect(JSON.parse(document)).toMatchObject({ other: 1 })
    expect(document).toContain('[too deep]')
  })

  test('a graph with more paths than can be written', () => {
    const nodes = Array.from({ length: 40 }, () => ({ to: [] as object[] }))
    for (const node of nodes) node.to.push(...nodes)
    expect(toJson(nodes, 'line').length).toBeLessThan(40_000)
  })
})
