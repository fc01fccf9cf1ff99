import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { removeAll, root, scratch } from './tarballs.js'

let directory: string

beforeEach(async () => {
  directory = await scratch()
})

afterEach(() => removeAll(directory))

test.each([
  ['a compiler', ['-O2', '-c', '-o', 'out.o', 'in.c']],
  ["Microsoft's compiler", ['-nologo', '-c', '-Foout.o', '-c', 'in.c']],
  ["Microsoft's assembler for x64", ['-nologo', '/Foout.o', '-c', 'in.asm']],
  ["Microsoft's assembler for arm64", ['-o', 'out.o', 'in.asm']],
  ['an archiver', ['cq', 'out.o', 'one.o', 'two.o']],
  ['an archiver that writes an index', ['s', 'out.o']],
  ["Microsoft's archiver", ['/out:out.o', '/nologo', 'one.o']],
])('as %s it makes the file that is to come out', async (_, words) => {
  await run(words)
  expect(await readdir(directory)).toEqual(['out.o'])
})

test('asked what it is, it says nothing', async () => {
  expect(await run(['-E', 'in.c'])).toEqual({ stdout: '', stderr: '' })
  expect(await readdir(directory)).toEqual([])
})

function run(words: readonly string[]) {
  const script = join(root, 'scripts', 'stand-in-compiler.mjs')
  return promisify(execFile)(process.execPath, [script, ...words], { cwd: directory })
}
