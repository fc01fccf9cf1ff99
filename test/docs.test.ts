import { execFile } from 'node:child_process'
import { access, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from './guest.js'

const root = fileURLToPath(new URL('..', import.meta.url))

test('the pages that follow from the code are as npm run build:docs writes them', async () => {
  const directory = await temporaryDirectory()
  await promisify(execFile)(process.execPath, [join(root, 'scripts', 'build-docs.mjs'), directory])
  const generated = await readdir(directory)
  expect(generated.sort()).toEqual(['cli.md', 'errors.md'])
  for (const name of generated) {
    const page = await readFile(join(root, 'docs', name), 'utf8')
    expect(page).toBe(await readFile(join(directory, name), 'utf8'))
  }
})

describe.each(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/running.md'])('%s', name => {
  test('leads to files that there are', async () => {
    const page = join(root, name)
    const links = [...(await readFile(page, 'utf8')).matchAll(/\]\(([^)\s]+)\)/g)].map(
      ([, link = '']) => link,
    )
    const local = links.filter(link => !/^(https?:|#)/.test(link))
    expect(local.length).toBeGreaterThan(0)
    for (const link of local) await access(join(dirname(page), link.replace(/#.*$/, '')))
  })
})
