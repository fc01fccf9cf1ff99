import { type BuildOptions, build } from 'esbuild'
import { build as buildWithVite } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer, Project, plugin } from './project.js'
import { publish } from './publish.js'
import type { Registry } from './registry.js'
import { removeAll, scratch } from './tarballs.js'

let directory: string
let registry: Registry
let project: Project

beforeAll(async () => {
  directory = await scratch()
  registry = await publish(directory)
  project = await Project.create(directory, 'bundled', registry.url)
  expect(await project.manage('npm', 'install', 'sen-plugin-host')).toMatchObject({ code: 0 })
}, 120_000)

afterAll(async () => {
  await registry.close()
  await removeAll(directory)
})

const ran = { code: 0, stdout: answer, stderr: '' }

test.each([
  ['esm', 'main.mjs', 'external.mjs'],
  ['cjs', 'main.cjs', 'external.cjs'],
] as const)('esbuild, %s: a program runs that the package is left out of', async (format, entry, file) => {
  await bundle({ format, entry, file, external: ['sen-plugin-host'] })
  expect(await project.node(file, plugin)).toEqual(ran)
})

test('esbuild, esm: a program runs that has all but the addon in it', async () => {
  // What esbuild's own documentation has one do for CommonJS dependencies in an ES module.
  const js =
    "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url)"
  await bundle({ format: 'esm', entry: 'main.mjs', file: 'whole.mjs', banner: { js } })
  expect(await project.node('whole.mjs', plugin)).toEqual(ran)
})

test('esbuild, cjs: a program that has the package in it says that it must not', async () => {
  // Of dependencies the ES modules: one has a CommonJS form that esbuild cannot follow.
  const mainFields = ['module', 'main']
  await bundle({ format: 'cjs', entry: 'main.cjs', file: 'whole.cjs', mainFields, logLevel: 'silent' })
  const { code, stdout } = await project.node('whole.cjs', plugin)
  expect({ code, error: JSON.parse(stdout) }).toMatchObject({
    code: 1,
    error: { code: 'ERR_UNSUPPORTED_PLATFORM', details: { reason: 'not-installed' } },
  })
})

test("vite's library mode: a library runs that the package is left out of", async () => {
  await buildWithVite({
    root: project.directory,
    configFile: false,
    logLevel: 'silent',
    build: {
      lib: { entry: project.file('main.mjs'), formats: ['es'], fileName: () => 'library.mjs' },
      rolldownOptions: { external: ['sen-plugin-host'] },
    },
  })
  expect(await project.node('dist/library.mjs', plugin)).toMatchObject(ran)
})

function bundle({ entry, file, ...options }: BuildOptions & { entry: string; file: string }) {
  return build({
    entryPoints: [project.file(entry)],
    outfile: project.file(file),
    bundle: true,
    platform: 'node',
    target: 'node20',
    ...options,
  })
}
