import { describe, expect, test } from 'vitest'
import { groups } from '../../scoreboard/attempts.mjs'
import { runAttempt } from '../../scoreboard/run.mjs'
import { moduleNames } from './module-names.js'

const guest = new URL('../../scoreboard/guest/build/escape.wasm', import.meta.url)
const notAttempts = /^(memory|control|plugin_.*)$/

test('the guest of the scoreboard can do what it is granted', async () => {
  const { verdict, report } = await runAttempt('ours', 'control')
  expect(verdict).toBe('held')
  expect(report).toContain('works')
})

test('every attempt of the guest is made', async () => {
  const { exports } = await moduleNames(guest)
  const attempted = groups.flatMap(({ attempts }) => Object.keys(attempts))
  expect(attempted.toSorted()).toEqual(exports.filter(name => !notAttempts.test(name)).toSorted())
})

// Each in a process of its own, which takes its time to start.
describe.each(groups)('held: $title', { concurrent: true }, ({ attempts }) => {
  test.each(Object.entries(attempts))('%s: %s', async attempt => {
    expect(await runAttempt('ours', attempt)).toMatchObject({ verdict: 'held' })
  })
})
