import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectRoot, sen } from './cli/sen.js'
import { temporaryDirectory } from './guest.js'

/** The README's example that has this text, as a program in a project that has the package installed. */
async function example(text: string): Promise<string> {
  const readme = await readFile(join(projectRoot, 'README.md'), 'utf8')
  const blocks = Array.from(readme.matchAll(/^```ts\n(.*?)^```$/gms), ([, code = '']) => code)
  const code = blocks.find(block => block.includes(text))
  if (code === undefined) throw new Error(`no example in the README has ${text}`)
  const directory = await temporaryDirectory()
  await mkdir(join(directory, 'node_modules'))
  await symlink(projectRoot, join(directory, 'node_modules', 'sen-plugin-host'), 'junction')
  const main = join(directory, 'app.mjs')
  await writeFile(main, code)
  return main
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
  expect(await sen(words, { main: await example('new Router(') })).toMatchObject({ code, stdout })
})
