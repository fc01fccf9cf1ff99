import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answer, type Ended, type PackageManager, Project, plugin } from './project.js'
import { publish } from './publish.js'
import type { Registry } from './registry.js'
import { readManifest, removeAll, root, scratch } from './tarballs.js'

let directory: string
let registry: Registry

beforeAll(async () => {
  directory = await scratch()
  registry = await publish(directory)
}, 120_000)

afterAll(async () => {
  await registry.close()
  await removeAll(directory)
})

describe.each<[manager: PackageManager, linker: string, files: string[]]>([
  ['npm', 'node_modules', ['main.mjs', 'main.cjs']],
  ['pnpm', 'node_modules', ['main.mjs', 'main.cjs']],
  ['yarn', 'node-modules', ['main.mjs', 'main.cjs']],
  // Here Node does not ask yarn what an ES module imports that was reached by require().
  ['yarn', 'pnp', ['main.mjs', 'import.cjs']],
])('installed by %s as %s', (manager, linker, files) => {
  let project: Project

  beforeAll(async () => {
    project = await Project.create(directory, `${manager}-${linker}`, registry.url)
    // A file of its own tells yarn where a project begins.
    if (manager === 'yarn') await writeFile(project.file('yarn.lock'), '')
    if (manager === 'yarn') await writeFile(project.file('.yarnrc.yml'), `nodeLinker: ${linker}\n`)
    const { code, stdout, stderr } = await project.manage(
      manager,
      manager === 'npm' ? 'install' : 'add',
      'sen-plugin-host',
    )
    expect(code, stdout + stderr).toBe(0)
  }, 60_000)

  test.each(files)('a plugin runs in %s', async file => {
    expect(await node(file, plugin)).toEqual({ code: 0, stdout: answer, stderr: '' })
  })

  test('the registry was asked for nothing that it does not have', () => {
    expect(registry.unknown).toEqual([])
  })

  /** Without node_modules, Node needs yarn's help to find packages. */
  function node(file: string, ...args: string[]): Promise<Ended> {
    if (linker === 'pnp') return project.manage('yarn', 'node', file, ...args)
    return project.node(file, ...args)
  }
})

describe('an installed package', () => {
  let project: Project

  beforeAll(async () => {
    project = await Project.create(directory, 'installed', registry.url)
    expect(await project.manage('npm', 'install', 'sen-plugin-host')).toMatchObject({ code: 0 })
  }, 60_000)

  test('is of use to a program in TypeScript, checked as strictly as can be', async () => {
    await writeFile(project.file('package.json'), JSON.stringify({ private: true, type: 'module' }))
    expect(await project.compile()).toEqual({ code: 0, stdout: '', stderr: '' })
    const run = await project.node('compiled/main.js', plugin)
    expect(run).toEqual({ code: 0, stdout: answer, stderr: '' })
  })

  test('brings the command sen', async () => {
    const { version } = await readManifest(root)
    const { code, stdout } = await project.manage('npm', 'exec', '--offline', '--', 'sen', '--version')
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(version) })
  })
})

test('without optional dependencies, the error says that the addon is not installed', async () => {
  const project = await Project.create(directory, 'omitted', registry.url)
  const installed = await project.manage('npm', 'install', '--omit=optional', 'sen-plugin-host')
  expect(installed).toMatchObject({ code: 0 })
  const { code, stdout } = await project.node('main.cjs', plugin)
  expect({ code, error: JSON.parse(stdout) }).toMatchObject({
    code: 1,
    error: { code: 'ERR_UNSUPPORTED_PLATFORM', details: { reason: 'not-installed' } },
  })
}, 60_000)
