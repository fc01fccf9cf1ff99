import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { LineStart } from '../../src/cli/repl/line-start.js'

test.each<[written: (string | Uint8Array)[], isReached: boolean]>([
  [[], true],
  [['a'], false],
  [['a\n'], true],
  [['a\n', ''], true],
  [['a\r'], false],
  [[Buffer.from('a')], false],
  [[Buffer.from('a\n')], true],
  [['a', new Uint8Array()], false],
])('after %j, whether a line starts: %j', (written, isReached) => {
  let text = ''
  const stream = () =>
    new Writable({
      write: (chunk, _, done) => {
        text += chunk
        done()
      },
    })
  const streams = [stream(), stream()]
  const lineStart = new LineStart(...streams)
  for (const [index, chunk] of written.entries()) streams[index % 2]?.write(chunk)
  expect(lineStart.isReached).toBe(isReached)
  expect(text).toBe(written.map(chunk => Buffer.from(chunk).toString()).join(''))
})

test('what is written is passed on with everything that goes with it', async () => {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write: (chunk, _, done) => {
      chunks.push(chunk)
      done()
    },
  })
  new LineStart(stream)
  await new Promise<void>(resolve => stream.write('e9', 'hex', () => resolve()))
  expect(chunks).toEqual([Buffer.from([0xe9])])
})
