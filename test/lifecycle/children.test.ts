import { expect, test } from 'vitest'
import { guestFiles } from '../guest.js'
import { rounds } from './rounds.js'

const ways = ['cluster', 'fork']

test.each(ways)('child processes end as they should, each in its own way: %s', async way => {
  await rounds(
    'children.mjs',
    [way, await guestFiles('echo', 'forever')],
    ({ code, stdout, stderr }) => {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(JSON.parse(stdout)).toEqual([
        { answered: true, code: 0, signal: null },
        { answered: true, code: null, signal: 'SIGTERM' },
        { answered: true, code: 7, signal: null },
      ])
    },
    { situations: ways.length },
  )
})
