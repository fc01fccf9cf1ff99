import { expect, test } from 'vitest'
import { guestFiles } from '../guest.js'
import { rounds } from './rounds.js'

test('a process whose callbacks throw goes on, and so do its calls', async () => {
  const directory = await guestFiles('echo', 'forever', 'effect-sleep')
  await rounds('throwing-callbacks.mjs', [directory], ({ code, stdout, stderr }) => {
    const { uncaught, ...rest } = JSON.parse(stdout)
    expect({ code, stderr, rest }).toMatchObject({
      code: 0,
      // Of the audit, once: nothing else would say that it is not kept.
      stderr: expect.stringMatching(/^\(node:\d+\) \[SEN_AUDIT_LOST\] AuditWarning: .*\n\(Use `node .*\n$/),
      rest: { ended: ['AbortError', expect.any(String)], outputs: ['x', 'y'] },
    })
    expect(uncaught).toBeGreaterThanOrEqual(20)
  })
})
