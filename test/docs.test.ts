import { execFile, spawnSync } from 'node:child_process'
import { access, readdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { projectRoot } from './cli/sen.js'
import { temporaryDirectory } from './guest.js'
import { type Page, readPage, type Sample } from './pages.js'
import { isOfFile, program, readersProject, run, save } from './samples.js'

/** Written by programs: what they are tested with is the programs. */
const GENERATED = ['docs/cli.md', 'docs/errors.md']
/** Whose samples are tested, those that only developers of this project type apart. */
const GUIDES = /^(README\.md|docs\/.*)$/

const { stdout: listed } = await promisify(execFile)('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
  cwd: projectRoot,
})
const pages = new Map(
  await Promise.all(
    listed
      .split('\n')
      .filter(name => name !== '')
      .map(async (name): Promise<[string, Page]> => [name, await readPage(name)]),
  ),
)
const samples = [...pages.values()]
  .filter(({ name }) => GUIDES.test(name) && !GENERATED.includes(name))
  .flatMap(page => page.samples)

test('the pages that follow from the code are as npm run build:docs writes them', async () => {
  const directory = await temporaryDirectory()
  await promisify(execFile)(process.execPath, [join(projectRoot, 'scripts', 'build-docs.mjs'), directory])
  const generated = await readdir(directory)
  expect(generated.sort().map(name => `docs/${name}`)).toEqual(GENERATED)
  for (const name of generated) {
    const page = await readFile(join(projectRoot, 'docs', name), 'utf8')
    expect(page).toBe(await readFile(join(directory, name), 'utf8'))
  }
})

test('everything that is exported has documentation, whose links lead somewhere', async () => {
  const folder = join(projectRoot, 'scripts', 'api-reference')
  const typedoc = join(folder, 'node_modules', 'typedoc', 'bin', 'typedoc')
  const { status, stdout, stderr } = spawnSync(process.execPath, [typedoc, '--emit', 'none'], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' })
}, 120_000)

describe.each([...pages.values()].filter(({ links }) => links.length > 0))('$name', ({ name, links, anchors }) => {
  test('leads to files and headings that there are', async () => {
    for (const link of links.filter(link => !/^https?:/.test(link))) {
      const [path = '', anchor] = link.split('#')
      const file = relative(projectRoot, resolve(projectRoot, dirname(name), path))
      if (path !== '') await access(join(projectRoot, file))
      if (anchor === undefined) continue
      const target = path === '' ? anchors : pages.get(file)?.anchors
      expect([...(target ?? [])], link).toContain(anchor)
    }
  })
})

test('every page of the guides is reached from the index', () => {
  const index = pages.get('docs/README.md')
  const reached = index?.links.filter(link => !/^https?:/.test(link)).map(link => join('docs', link))
  const guides = [...pages.keys()].filter(name => name.startsWith('docs/') && name !== 'docs/README.md')
  expect(guides.filter(name => !reached?.includes(name))).toEqual([])
})

describe('samples', () => {
  const at = ({ page, line }: Sample) => `${page}:${line}`
  const ofFiles = samples.filter(({ notes }) => notes.file !== undefined)

  test('are in languages that are tested', () => {
    const tested = ['ts', 'js', 'sh', 'json', 'text']
    const others = samples.filter(({ language, notes }) => !tested.includes(language) && notes.file === undefined)
    expect(others.map(at)).toEqual([])
  })

  test.each(ofFiles.map(sample => [at(sample), sample] as const))(
    '%s is part of the file that it shows',
    async (_, sample) => {
      expect(await isOfFile(sample, sample.notes.file ?? '')).toBe(true)
    },
  )

  test('have no type errors', async () => {
    const directory = await readersProject()
    const programs = samples.filter(({ language }) => language === 'ts')
    for (const sample of programs) {
      const file = `${at(sample).replace(/\W/g, '-')}.mts`
      await writeFile(join(directory, file), program(sample))
    }
    const compilerOptions = {
      noEmit: true,
      strict: true,
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2022', 'esnext.disposable'],
      types: ['node'],
    }
    await writeFile(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts'] }))
    const manifest = createRequire(import.meta.url).resolve('typescript/package.json')
    const tsc = join(dirname(manifest), JSON.parse(await readFile(manifest, 'utf8')).bin.tsc)
    const { stdout } = spawnSync(process.execPath, [tsc, '--pretty', 'false', '-p', directory], {
      encoding: 'utf8',
      cwd: directory,
    })
    expect(programs.length).toBeGreaterThan(0)
    expect(stdout).toBe('')
  })

  const runs = ({ language, notes }: Sample) =>
    ['ts', 'js', 'sh'].includes(language) && notes['not run'] === undefined && notes.file === undefined

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
})
