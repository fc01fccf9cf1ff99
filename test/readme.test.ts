import { expect, test } from 'vitest'
import { readPage } from './pages.js'
import { readersProject, run } from './samples.js'

const { samples } = await readPage('README.md')

test.each([
  [['greet', 'Ada', '--style', 'shout'], 0, 'HELLO, ADA!\n'],
  [['db', 'migrate', '--to', '7'], 0, 'migrated to 7\n'],
  [['db', 'migrate'], 0, 'migrated to latest\n'],
  [['uptime'], 0, expect.stringMatching(/^\d+ ms\n$/)],
  [['--help'], 0, expect.stringMatching(/^ {2}db +Looks after the database\n {2}greet /m)],
  [['greet', '--style', 'quiet'], 2, ''],
  [['gret'], 2, ''],
])("the README's program with commands of its own and of plugins: %j", async (words, code, stdout) => {
  const sample = samples.find(({ code }) => code.includes('new Router('))
  if (sample === undefined) throw new Error('no example in the README has a Router')
  expect(await run(sample, await readersProject(), words)).toMatchObject({ code, stdout })
})
