import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readPermissionPolicy } from 'sen-plugin-host'
import { expect, test } from 'vitest'
import { projectRoot } from './cli/sen.js'
import { compileProject } from './compile.js'
import { temporaryDirectory } from './guest.js'
import { readPage, type Sample } from './pages.js'
import { isOfFile, program, readersProject, run, save } from './samples.js'

const guides = (await readdir(join(projectRoot, 'docs'))).filter(name => name.endsWith('.md'))
const pages = await Promise.all(['README.md', ...guides.map(name => `docs/${name}`)].map(readPage))
const samples = pages.flatMap(page => page.samples)

const at = ({ page, line }: Sample) => `${page}:${line}`
const ofFiles = samples.filter(({ notes }) => notes.file !== undefined)

test('are in languages that are tested', () => {
  const tested = ['ts', 'js', 'sh', 'json', 'text']
  const others = samples.filter(
    ({ language, notes }) => !tested.includes(language) && notes.file === undefined,
  )
  expect(others.map(at)).toEqual([])
})

test.each(ofFiles.map(sample => [at(sample), sample] as const))(
  '%s is part of the file that it shows',
  async (_, sample) => {
    expect(await isOfFile(sample, sample.notes.file ?? '')).toBe(true)
  },
)

test('that are policy files are read', async () => {
  const policies = samples.filter(({ notes }) => notes['saved as'] === 'policy.json')
  const directory = await temporaryDirectory()
  for (const policy of policies) {
    await save(policy, directory, 'policy.json')
    expect(readPermissionPolicy(join(directory, 'policy.json')).plugins.length).toBeGreaterThan(0)
  }
  expect(policies).toEqual(samples.filter(({ language }) => language === 'json'))
})

test('that build plugins do it as the project does', async () => {
  const script = await readFile(join(projectRoot, 'scripts', 'build-plugins.mjs'), 'utf8')
  const commands = samples.filter(({ code }) => /^zig (cc|build-exe)/m.test(code))
  const options = commands.flatMap(({ code }) => code.match(/(?<= )-(?!o )\S{2,}/g) ?? [])
  expect(options.filter(option => !script.includes(`'${option}'`))).toEqual([])
  expect(commands).toHaveLength(2)
})

test('have no type errors', async () => {
  const directory = await readersProject()
  const programs = samples.filter(({ language, notes }) => language === 'ts' && !notes['not compiled'])
  for (const sample of programs) {
    const file = `${at(sample).replace(/\W/g, '-')}.mts`
    await writeFile(join(directory, file), program(sample))
  }
  expect(programs.length).toBeGreaterThan(0)
  expect(await compileProject(directory)).toEqual([])
})

const runs = ({ language, notes }: Sample) =>
  ['ts', 'js', 'sh'].includes(language) && !(notes['not run'] || notes['not compiled'] || notes.file)

test.each(samples.filter(runs).map(sample => [at(sample), sample] as const))(
  '%s runs, and prints what stands below it',
  async (_, sample) => {
    const directory = await readersProject()
    for (const other of samples) {
      const file = other.notes['saved as']
      if (file !== undefined && other.page === sample.page) await save(other, directory, file)
    }
    const { code, stdout, stderr } = await run(sample, directory)
    expect({ code, stderr }).toMatchObject({ code: 0 })
    if (sample.output !== undefined) expect(stdout).toBe(sample.output)
  },
)
