import { expect, onTestFinished, test } from 'vitest'
import type { AuditEvent } from '../../src/audit/event.js'
import { AuditTrail } from '../../src/permissions/trail.js'

const MOST_WAITING = 16_384
const event = { type: 'used', command: 'it', digest: 'blake3:1' } as const

/** A sink that records nothing until it is told to go on. */
function stalled(required: boolean) {
  let goOn = () => {}
  const going = new Promise<void>(resolve => (goOn = resolve))
  const events: AuditEvent[] = []
  const record = async (event: AuditEvent) => {
    await going
    events.push(event)
  }
  return { events, goOn, trail: new AuditTrail({ required, record }) }
}

/** What the process is warned of until the test is over. */
async function warnings(): Promise<() => Promise<string[]>> {
  const turn = () => new Promise(resolve => setImmediate(resolve))
  // Those of the test before are not this one's.
  await turn()
  const heard: string[] = []
  const hear = ({ message }: Error) => void heard.push(message)
  process.on('warning', hear)
  onTestFinished(() => void process.off('warning', hear))
  return async () => {
    await turn()
    return heard
  }
}

test('a sink that falls too far behind loses what comes then, which is said and counted', async () => {
  const heard = await warnings()
  const { trail, events, goOn } = stalled(false)
  for (let count = 0; count < MOST_WAITING + 5; count += 1) expect(trail.record(event)).toBeUndefined()
  trail.note(event)
  expect(await heard()).toEqual([expect.stringContaining(`${MOST_WAITING} events behind`)])
  goOn()
  while ((await heard()).length < 2) await new Promise(setImmediate)
  expect(events).toHaveLength(MOST_WAITING)
  expect((await heard())[1]).toContain('not recorded: 6')
  trail.note(event)
  while (events.length === MOST_WAITING) await new Promise(setImmediate)
  expect(await heard()).toHaveLength(2)
})

test('what cannot wait for a required sink is refused', async () => {
  const heard = await warnings()
  const { trail, events, goOn } = stalled(true)
  const records = Array.from({ length: MOST_WAITING }, () => trail.record(event))
  expect(() => trail.record(event)).toThrow(`${MOST_WAITING} events behind`)
  expect(await heard()).toHaveLength(1)
  goOn()
  await Promise.all(records)
  expect(events).toHaveLength(MOST_WAITING)
  await trail.record(event)
  expect(events).toHaveLength(MOST_WAITING + 1)
})

test('only what can be awaited is waited for', () => {
  const events: AuditEvent[] = []
  // What `record` of many a sink comes to: the length of an array.
  const trail = new AuditTrail({ required: true, record: event => events.push(event) as never })
  expect(trail.record(event)).toBeUndefined()
  expect(trail.record(event)).toBeUndefined()
  expect(events).toHaveLength(2)
})

test.each([false, true])(
  'a sink that fails where nobody waits for it is warned of, once until it recovers (later: %j)',
  async isLater => {
    for (const required of [false, true]) {
      const heard = await warnings()
      let fails = false
      const record = () => {
        if (!fails) return isLater ? Promise.resolve() : undefined
        if (isLater) return Promise.reject(new Error('no room'))
        throw new Error('no room')
      }
      const trail = new AuditTrail({ required, record })
      for (const failing of [true, true, false, true]) {
        fails = failing
        trail.note(event)
        await heard()
      }
      const warning = expect.stringContaining('records nothing for now: no room')
      expect(await heard()).toEqual([warning, warning])
    }
  },
)

test('whoever waits for a required sink hears of its failure, and nobody else', async () => {
  const heard = await warnings()
  const trail = new AuditTrail({ required: true, record: () => Promise.reject(new Error('no room')) })
  await expect(trail.record(event)).rejects.toThrow('no room')
  expect(await heard()).toEqual([])
})
