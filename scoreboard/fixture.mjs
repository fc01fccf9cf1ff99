// The files that an attempt finds, made afresh for each, and what may not become of them.
//
//   work/                what the host works in
//     read/  write/  other/      granted recursively, the first to be read
//     flat/  flat-write/         granted without what lies in subdirectories, the first to be read
//     ungranted.txt              the secret
//   outside/             what nobody granted; has the secret in it, and files to be damaged

import { execFileSync } from 'node:child_process'
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/** What the guest may read. It takes nothing else for a file inside. */
const INSIDE = 'inside'

export function makeFixture(root, secret) {
  const outside = join(root, 'outside')
  const work = join(root, 'work')
  makeOutside(outside, secret)
  for (const grant of ['read', 'write', 'other', 'flat', 'flat-write']) {
    mkdirSync(join(work, grant, 'sub'), { recursive: true })
    writeFileSync(join(work, grant, 'file.txt'), INSIDE)
  }
  writeFileSync(join(work, 'ungranted.txt'), secret)

  const read = join(work, 'read')
  writeFileSync(join(read, 'where.txt'), outside)
  writeFileSync(join(read, 'sub', 'file.txt'), INSIDE)
  mkdirSync(join(read, 'empty'))
  for (const grant of [read, join(work, 'write')]) {
    makeLinks(grant, outside)
    execFileSync('mkfifo', [join(grant, 'fifo')])
  }
  makeSystemLinks(read)
  makeDevice(join(read, 'device'))

  for (const grant of ['flat', 'flat-write']) writeFileSync(join(work, grant, 'sub', 'secret.txt'), secret)
  symlinkSync('sub/secret.txt', join(work, 'flat', 'link-to-sub'))
}

function makeOutside(outside, secret) {
  mkdirSync(join(outside, 'sub'), { recursive: true })
  mkdirSync(join(outside, 'empty'))
  writeFileSync(join(outside, 'secret.txt'), secret)
  writeFileSync(join(outside, 'sub', 'secret.txt'), secret)
  // Has the secret for a name, too, for those who can only list.
  writeFileSync(join(outside, `${secret}.txt`), '')
  writeFileSync(join(outside, 'target.txt'), 'untouched')
  symlinkSync(secret, join(outside, 'secret-link'))
}

function makeLinks(grant, outside) {
  symlinkSync(join(outside, 'secret.txt'), join(grant, 'file-link'))
  symlinkSync('../../outside/secret.txt', join(grant, 'relative-link'))
  symlinkSync('../../outside', join(grant, 'directory-link'))
  symlinkSync('../../../outside', join(grant, 'sub', 'directory-link'))
  symlinkSync('chain-2', join(grant, 'chain-1'))
  symlinkSync('sub/../chain-3', join(grant, 'chain-2'))
  symlinkSync('../../outside/secret.txt', join(grant, 'chain-3'))
  symlinkSync('/', join(grant, 'root-link'))
  symlinkSync('../../outside/new.txt', join(grant, 'dangling-link'))
}

function makeSystemLinks(grant) {
  for (const name of ['root', 'environ', 'cmdline', 'cwd', 'fd', 'mem']) {
    symlinkSync(`/proc/self/${name}`, join(grant, `proc-${name}`))
  }
  symlinkSync('/dev/fd', join(grant, 'dev-fd'))
  symlinkSync('/dev/zero', join(grant, 'zero-link'))
}

/** The like of /dev/zero, which only root can make; the guest finds nothing there otherwise. */
function makeDevice(path) {
  if (process.getuid?.() !== 0) return
  execFileSync('mknod', [path, 'c', '1', '5'])
}

/** What happens to the files between consent and the attempt, by the attempt's name. */
export const swaps = {
  swapped_for_link(root) {
    setAside(root, 'read')
    symlinkSync('../outside', join(root, 'work', 'read'))
  },
  swapped_for_directory(root) {
    setAside(root, 'read')
    mkdirSync(join(root, 'work', 'read'))
    writeFileSync(join(root, 'work', 'read', 'secret.txt'), readFileSync(join(root, 'outside', 'secret.txt')))
  },
  swapped_subdirectory(root) {
    setAside(root, 'read/sub')
    symlinkSync('../../outside', join(root, 'work', 'read', 'sub'))
  },
}

function setAside(root, path) {
  renameSync(join(root, 'work', path), join(root, 'work', 'set-aside'))
}

/** What a guest may not change, and what a race changes itself. */
const PROTECTED = ['outside', 'work/read', 'work/flat', 'work/flat-write/sub', 'work/ungranted.txt']
const PROTECTED_IN_RACE = { race_moved_out: ['outside/secret.txt', 'outside/target.txt'] }

/** Which of the files that the guest may not change it did: a function that tells them, as seen from now on. */
export function watchFixture(root, attempt) {
  const isRace = attempt.startsWith('race_')
  const paths = isRace ? (PROTECTED_IN_RACE[attempt] ?? ['outside']) : PROTECTED
  const look = () => new Map(paths.flatMap(path => entries(root, path)))
  const before = look()
  return () => {
    const after = look()
    return [...new Set([...before.keys(), ...after.keys()])].filter(
      path => before.get(path) !== after.get(path),
    )
  }
}

/** All below a path, each with what there is to be changed in it. */
function entries(root, path) {
  const file = join(root, path)
  const stats = lstatSync(file)
  const { mode, size, mtimeMs, ino, nlink } = stats
  const below = stats.isDirectory() ? readdirSync(file).flatMap(name => entries(root, join(path, name))) : []
  return [[path, JSON.stringify([mode, size, mtimeMs, ino, nlink, contentsOf(file, stats)])], ...below]
}

function contentsOf(file, stats) {
  if (stats.isFile()) return readFileSync(file, 'latin1')
  return stats.isSymbolicLink() ? readlinkSync(file) : ''
}
