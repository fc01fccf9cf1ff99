import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { removeAll, root, scratch } from './tarballs.js'

const { checkAddon } = await import(join(root, 'scripts', 'check-addon.mjs'))
const windows = { os: 'win32', addon: 'sen-plugin-host.win32-x64-msvc.node' }

test.each([
  ['VCRUNTIME140.dll', 'VCRUNTIME140.dll'],
  ['VCRUNTIME140_1.dll', 'VCRUNTIME140_1.dll'],
  ['MSVCP140.dll', 'MSVCP140.dll'],
  ['api-ms-win-crt-runtime-l1-1-0.dll', 'api-ms-win-crt-runtime-l1-1-0.dll'],
  ['kernel32.dll\0api-ms-win-core-synch-l1-2-0.dll', undefined],
])('an addon for Windows that needs %j', async (libraries, refused) => {
  const directory = await scratch()
  try {
    const file = join(directory, windows.addon)
    await writeFile(file, Buffer.from(`MZ\0\x90\xff${libraries}\0`, 'latin1'))
    const check = () => checkAddon(windows, file)
    if (refused === undefined) check()
    else expect(check).toThrow(`needs ${refused}, which not every Windows has`)
  } finally {
    await removeAll(directory)
  }
})
