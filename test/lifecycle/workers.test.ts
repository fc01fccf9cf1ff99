import { expect, test } from 'vitest'
import { guestFile, temporaryDirectory } from '../guest.js'
import { rounds } from './rounds.js'

const numbers = [1, 8]

test.each(numbers)(
  'the addon serves on after the Worker ended that loaded it first, of %i at once',
  async workers => {
    const path = await guestFile(await temporaryDirectory(), 'echo')
    await rounds(
      'first-worker-ends.mjs',
      [`${workers}`, path],
      ({ code, signal, stdout, stderr }) => {
        expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
        expect(JSON.parse(stdout)).toEqual(Array.from({ length: 2 * workers + 1 }, () => 'xy'))
      },
      { situations: numbers.length },
    )
  },
)
