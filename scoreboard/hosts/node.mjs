// `node:wasi`, with what can be said to it of the grants: directories, and variables by name.

import { readFile } from 'node:fs/promises'
import { WASI } from 'node:wasi'
import { directories, outcome } from './directories.mjs'

export const name = 'node:wasi'
export const grants = { readOnly: false, nonRecursive: false }

export async function open(module) {
  const wasi = new WASI({
    version: 'preview1',
    env: { GRANTED: process.env.GRANTED },
    preopens: directories,
  })
  const { instance } = await WebAssembly.instantiate(await readFile(module), wasi.getImportObject())
  wasi.initialize(instance)
  return async attempt => await outcome(() => instance.exports[attempt]())
}
