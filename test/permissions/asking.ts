import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CapabilitiesInput } from 'sen-plugin-host'
import { compile } from '../guest.js'

export interface AskingOptions {
  /** Other code that does the same: another digest. */
  readonly version?: number
  readonly about?: string
  readonly subcommands?: readonly string[]
}

/** A plugin that declares these capabilities, and answers `ok`. */
export function asking(
  command: string,
  capabilities: CapabilitiesInput,
  { version = 0, about = '', subcommands = [] }: AskingOptions = {},
): Promise<Uint8Array> {
  const described = manifest(command, capabilities, { about, subcommands })
  return compile(`(module
    (memory (export "memory") 1)
    (data (i32.const 16) "${data(described)}")
    (data (i32.const 32768) "\\81\\a7Success\\a2ok")
    (global i32 (i32.const ${version}))
    (func (export "plugin_alloc") (param i32) (result i32) (i32.const 40960))
    (func (export "plugin_dealloc") (param i32 i32))
    (func (export "plugin_manifest") (result i64) (i64.const ${(16n << 32n) | BigInt(described.length)}))
    (func (export "plugin_execute") (param i32 i32) (result i64) (i64.const ${(32768n << 32n) | 12n})))`)
}

/** A manifest as plugins have it in memory. */
export function manifest(
  command: string,
  { fsRead = [], fsWrite = [], envRead = [], net = [], stdio = {} }: CapabilitiesInput,
  { about = '', subcommands = [] }: Omit<AskingOptions, 'version'> = {},
): Uint8Array {
  const described = {
    api_version: 2,
    command: { name: command, about, subcommands: subcommands.map(name => ({ name, about: '' })) },
    capabilities: { fs_read: fsRead, fs_write: fsWrite, env_read: envRead, net, stdio },
  }
  return Uint8Array.from(messagePack(described))
}

/** Bytes as a string of wat. */
export function data(bytes: Uint8Array): string {
  return Array.from(bytes, byte => `\\${byte.toString(16).padStart(2, '0')}`).join('')
}

/** The same in a file. */
export async function askingFile(
  directory: string,
  command: string,
  capabilities: CapabilitiesInput,
  options?: AskingOptions,
): Promise<string> {
  const path = join(directory, `${command}.wasm`)
  await writeFile(path, await asking(command, capabilities, options))
  return path
}

/** Capabilities as a manifest has them. */
export function full(capabilities: CapabilitiesInput): object {
  return {
    fsRead: [],
    fsWrite: [],
    envRead: [],
    net: [],
    ...capabilities,
    stdio: { stdin: false, stdout: false, stderr: false, ...capabilities.stdio },
  }
}

/** Texts, small numbers, flags, lists and records in MessagePack. */
function messagePack(value: unknown): number[] {
  if (typeof value === 'boolean') return [value ? 0xc3 : 0xc2]
  if (typeof value === 'number') return [0xcd, value >> 8, value & 0xff]
  if (typeof value === 'string') {
    const bytes = Buffer.from(value)
    return [0xda, bytes.length >> 8, bytes.length & 0xff, ...bytes]
  }
  if (Array.isArray(value))
    return [0xdc, value.length >> 8, value.length & 0xff, ...value.flatMap(messagePack)]
  const entries = Object.entries(value as object)
  return [0xde, 0, entries.length, ...entries.flat().flatMap(messagePack)]
}
