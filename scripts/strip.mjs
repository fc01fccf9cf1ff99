// An addon without symbols and debug information, which are five sixths of one that was built for development.

import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask, run, Stop } from './steps.mjs'

const ELF = Buffer.from('\x7fELF')

/**
 * Copies an addon without what is not needed for loading it. An ELF file of any processor is stripped by the tool that
 * comes with Rust; others are copied: the profile `dist` leaves nothing to strip in them, and on macOS a file that is
 * changed loses its signature.
 */
export function strip(from, to) {
  if (!readFileSync(from).subarray(0, ELF.length).equals(ELF)) return copyFileSync(from, to)
  const libraries = ask('rustc', ['--print', 'target-libdir'])
  const tool = libraries && join(libraries, '..', 'bin', 'rust-objcopy')
  if (!tool || !existsSync(tool)) throw new Stop('rust-objcopy, which comes with Rust, was not found')
  // It is linked to the compiler's LLVM, which only rustc knows the place of.
  const env = { LD_LIBRARY_PATH: join(ask('rustc', ['--print', 'sysroot']), 'lib') }
  run(tool, ['--strip-all', from, to], { env })
}
