import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { access, readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { projectRoot } from './cli/sen.js'
import { temporaryDirectory } from './guest.js'
import { type Page, readPage } from './pages.js'

/** Pages that `npm run build:docs` writes. */
const GENERATED = ['docs/cli.md', 'docs/errors.md']

const listing = ['ls-files', '--cached', '--others', '--exclude-standard', '*.md']
const names = execFileSync('git', listing, { cwd: projectRoot, encoding: 'utf8' }).trim().split('\n')
const pages = new Map(
  await Promise.all(names.map(async (name): Promise<[string, Page]> => [name, await readPage(name)])),
)

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

describe.each([...pages.values()].filter(({ links }) => links.length > 0))(
  '$name',
  ({ name, links, anchors }) => {
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
  },
)

test('every page of the guides is reached from the index', () => {
  const index = pages.get('docs/README.md')
  const reached = index?.links.filter(link => !/^https?:/.test(link)).map(link => join('docs', link))
  const guides = [...pages.keys()].filter(name => name.startsWith('docs/') && name !== 'docs/README.md')
  expect(guides.filter(name => !reached?.includes(name))).toEqual([])
})
