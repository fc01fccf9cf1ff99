import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sen } from './cli/sen.js'
import { compileProject } from './compile.js'
import { readPage, type Sample } from './pages.js'
import { program, readersProject, run } from './samples.js'

const { samples } = await readPage('README.md')

/** The README's sample that has this text. */
function sample(text: string): Sample {
  const found = samples.find(({ code }) => code.includes(text))
  if (found === undefined) throw new Error(`no sample in the README has ${text}`)
  return found
}

test.each([
  [['greet', 'Ada', '--style', 'shout'], 0, 'HELLO, ADA!\n'],
  [['db', 'migrate', '--to', '7'], 0, 'migrated to 7\n'],
  [['db', 'migrate'], 0, 'migrated to latest\n'],
  [['uptime'], 0, expect.stringMatching(/^\d+ ms\n$/)],
  [['--help'], 0, expect.stringMatching(/^ {2}db +Looks after the database\n {2}greet /m)],
  [['greet', '--style', 'quiet'], 2, ''],
  [['gret'], 2, ''],
])("the README's program with commands of its own and of plugins: %j", async (words, code, stdout) => {
  expect(await run(sample('new Router('), await readersProject(), words)).toMatchObject({ code, stdout })
})

test('the compiler finds what the README says that it does, once it knows the commands', async () => {
  const directory = await readersProject()
  expect(await sen(['types', 'plugins', '--out', 'plugins.d.ts'], { cwd: directory })).toMatchObject({
    code: 0,
  })
  const lines = program(sample("'gret'")).split('\n')
  await writeFile(join(directory, 'program.mts'), lines.join('\n'))
  const errors = await compileProject(directory)
  const numbers = errors.flatMap(error => /^program\.mts\((\d+),/.exec(error)?.[1] ?? [])
  const wrong = lines.flatMap((line, index) => (line.includes('// error: ') ? [String(index + 1)] : []))
  expect(numbers).toEqual(wrong)
  expect(wrong).toHaveLength(2)
})
