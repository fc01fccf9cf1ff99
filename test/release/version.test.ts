import { execFile } from 'node:child_process'
import { cp, readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readManifest, removeAll, root, scratch } from './tarballs.js'

const run = promisify(execFile)
const FILES = [
  'package.json',
  'package-lock.json',
  'Cargo.toml',
  'Cargo.lock',
  'CHANGELOG.md',
  'npm',
  'scripts',
]

let clone: string

beforeEach(async () => {
  clone = await scratch()
  for (const file of FILES) await cp(join(root, file), join(clone, file), { recursive: true })
  await symlink(join(root, 'node_modules'), join(clone, 'node_modules'))
  await git('init', '--quiet')
  await git('add', '--', ...FILES)
  await git('commit', '--quiet', '--message', 'Before')
})

afterEach(() => removeAll(clone))

test('one command gives everything the same version, in one commit with a tag', async () => {
  const before = (await readManifest(root)).version
  await npm('version', '9.8.7')

  expect((await readManifest(clone)).version).toBe('9.8.7')
  for (const name of await readdir(join(clone, 'npm')))
    expect((await readManifest(join(clone, 'npm', name))).version).toBe('9.8.7')
  expect(await text('Cargo.toml')).toContain('[workspace.package]\nversion = "9.8.7"\n')
  for (const crate of ['sen-host', 'sen-host-protocol', 'sen-host-node'])
    expect(await text('Cargo.lock')).toContain(`name = "${crate}"\nversion = "9.8.7"\n`)
  expect(await text('CHANGELOG.md')).toMatch(/^## 9\.8\.7 \(\d{4}-\d\d-\d\d\)$/m)

  expect((await git('status', '--porcelain')).trim()).toBe('?? node_modules')
  expect((await git('tag', '--points-at', 'HEAD')).trim()).toBe('v9.8.7')
  const changed = (await git('show', '--format=', '--name-only')).trim().split('\n')
  expect(changed).toEqual(expect.arrayContaining(['package.json', 'package-lock.json', 'Cargo.lock']))

  // No other crate has the version that this one had and got another.
  const lock = await text('Cargo.lock')
  const others = (await readFile(join(root, 'Cargo.lock'), 'utf8'))
    .split('\n[[package]]\n')
    .filter(entry => entry.includes(`version = "${before}"`) && entry.includes('source = '))
  for (const entry of others) expect(lock).toContain(entry)
})

test('a version of which nothing is said to have changed is none', async () => {
  await npm('version', '9.8.7')
  await expect(npm('version', '9.8.8')).rejects.toMatchObject({
    stderr: expect.stringContaining('CHANGELOG.md'),
  })
  // Only what npm itself changed before it asked: the rest is as it was, and can be tried again.
  const changed = (await git('status', '--porcelain'))
    .trim()
    .split('\n')
    .map(line => line.trim().slice(2).trim())
  expect(changed.toSorted()).toEqual(['node_modules', 'package-lock.json', 'package.json'])
})

test('the notes of a release are what the changelog says of that version', async () => {
  await npm('version', '9.8.7')
  const { stdout } = await run(process.execPath, [join(clone, 'scripts', 'release-notes.mjs')], {
    cwd: clone,
  })
  expect(stdout).toContain('First version.')
  expect(stdout).not.toMatch(/^## /m)
})

async function text(file: string): Promise<string> {
  return readFile(join(clone, file), 'utf8')
}

async function npm(...args: string[]): Promise<void> {
  await run('npm', args, { cwd: clone, env })
}

async function git(...args: string[]): Promise<string> {
  const { stdout } = await run('git', args, { cwd: clone, env })
  return stdout
}

const author = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.test' }
const committer = { GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.test' }
const { GIT_DIR: _, ...inherited } = process.env
const env = { ...inherited, ...author, ...committer }
