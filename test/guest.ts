import { randomInt } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import wabt from 'wabt'

const guests = new URL('guests/', import.meta.url)
const built = new URL('../examples/plugins/build/', import.meta.url)

// Every proposal, those included that the host refuses: it is the host that is to say no. Only typed
// references are left out, whose rules wabt would hold other guests to. Its types know nothing of the
// last feature.
const features = {
  exceptions: true,
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  threads: true,
  function_references: false,
  multi_value: true,
  tail_call: true,
  bulk_memory: true,
  reference_types: true,
  annotations: true,
  code_metadata: true,
  gc: false,
  memory64: true,
  extended_const: true,
  relaxed_simd: true,
  multi_memory: true,
}

const compiler = wabt()
const compiled = new Map<string, Promise<Uint8Array>>()

/** The module of `test/guests/NAME.wat`: compiled once, a copy of its bytes for each who asks. */
export async function guest(name: string): Promise<Uint8Array> {
  let module = compiled.get(name)
  if (module === undefined) {
    module = readFile(new URL(`${name}.wat`, guests), 'utf8').then(text => compile(text, name))
    compiled.set(name, module)
  }
  return (await module).slice()
}

/** A module written in the test itself. */
export async function compile(text: string, name = 'inline'): Promise<Uint8Array> {
  const module = (await compiler).parseWat(`${name}.wat`, text, features)
  try {
    ;(module.validate as (features: object) => void)(features)
    // The name section is what traps are reported with.
    return module.toBinary({ write_debug_names: true }).buffer.slice()
  } finally {
    module.destroy()
  }
}

/** A plugin that answers every call with the same text. Both texts are ASCII, of at most 31 characters. */
export function answering(command: string, output: string, fields = ''): Promise<Uint8Array> {
  const text = (value: string) => `\\${(0xa0 + value.length).toString(16)}${value}`
  const packed = (address: number, length: number) => (BigInt(address) << 32n) | BigInt(length)
  return compile(`(module
    (memory (export "memory") 1)
    (data (i32.const 16) "\\92\\02\\92${text(command)}${text('')}")
    (data (i32.const 256) "\\81${text('Success')}${text(output)}")
    (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "plugin_dealloc") (param i32 i32))
    (func (export "plugin_manifest") (result i64) (i64.const ${packed(16, 5 + command.length)}))
    (func (export "plugin_execute") (param i32 i32) (result i64) (i64.const ${packed(256, 10 + output.length)}))
    ${fields})`)
}

/**
 * A plugin that answers `ok`, and has so much code that others are compiled while it is. It is
 * another module each time, which no cache has.
 */
export function slowToCompile(command: string): Promise<Uint8Array> {
  const factor = randomInt(2 ** 47)
  const step = `(local.set 0 (i64.rotl (i64.mul (local.get 0) (i64.const ${factor})) (local.get 0)))`
  const work = `(func (param i64) (result i64) ${step.repeat(100)} (local.get 0))`
  return answering(command, 'ok', work.repeat(500))
}

/** The path of an example plugin that was built from `examples/plugins/NAME`. */
export function plugin(name: string): string {
  return fileURLToPath(new URL(`${name}.wasm`, built))
}

/** A directory that is gone when the test is over. */
export async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'sen-test-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

/** A file with a guest's module in it. */
export async function guestFile(directory: string, name: string, file = `${name}.wasm`): Promise<string> {
  const path = join(directory, file)
  await writeFile(path, await guest(name))
  return path
}

/** A directory with these guests in it, each in NAME.wasm, that is gone when the test is over. */
export async function guestFiles(...names: readonly string[]): Promise<string> {
  const directory = await temporaryDirectory()
  for (const name of names) await guestFile(directory, name)
  return directory
}
