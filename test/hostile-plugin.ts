import { compile } from './guest.js'
import { encode, type Value } from './message-pack.js'

const ESCAPES = '\x1b[31m\r\n\u202e<x> [y]... $0'
const FLAGS = [
  '',
  '-',
  '--',
  '__proto__',
  'constructor',
  'toString',
  'help',
  'version',
  'style',
  'style',
  'no-color',
  'a b',
  'a=b',
  'a,b',
  'a|b',
  '<x>',
  ESCAPES,
]

/** A plugin called `hostile` that answers `ok`, and says of itself whatever a parser might stumble over. */
export async function hostilePlugin(): Promise<Uint8Array> {
  const texts = { help: ESCAPES, value_name: ESCAPES, default_value: ESCAPES, possible_values: [ESCAPES] }
  const args = FLAGS.flatMap(name => [
    { name, long: name, short: 'h', help: ESCAPES },
    { name, long: name, short: '-', ...texts },
    { name, help: ESCAPES },
    { name, ...texts, value_name: `${name}...` },
  ])
  const nested = {
    name: 'help',
    about: ESCAPES,
    args,
    subcommands: [{ name: 'constructor', about: ESCAPES }],
  }
  const command = {
    name: 'hostile',
    about: ESCAPES,
    version: ESCAPES,
    author: ESCAPES,
    args,
    subcommands: [nested],
  }
  return await pluginSaying(command)
}

/** A plugin called `wordy` that answers `ok`, and has a long text wherever one is shown. */
export async function wordyPlugin(text: string): Promise<Uint8Array> {
  const args = Array.from({ length: 10 }, (_, index) => [
    { name: `option-${index}`, long: `option-${index}`, help: text },
    { name: `value-${index}`, long: `value-${index}`, value_name: text, default_value: text },
    { name: `long-${index}`, long: 'o'.repeat(text.length) + index, possible_values: [text, text] },
    { name: `argument-${index}`, help: text, value_name: text },
  ])
  const command = { name: 'wordy', about: text, version: text, author: text, args: args.flat() }
  return await pluginSaying({
    ...command,
    subcommands: [{ name: 'sub', about: text, args: [], subcommands: [] }],
  })
}

/** A plugin that answers `ok`, and says of itself what it is told. */
async function pluginSaying(command: Value): Promise<Uint8Array> {
  const manifest = encode({ api_version: 2, command })
  const answer = encode({ Success: 'ok' })
  const data = (bytes: Uint8Array) =>
    Array.from(bytes, byte => `\\${byte.toString(16).padStart(2, '0')}`).join('')
  const packed = (address: number, { length }: Uint8Array) => (BigInt(address) << 32n) | BigInt(length)
  const free = 256 + manifest.length
  return await compile(`(module
    (memory (export "memory") ${Math.ceil((free + 65_536) / 65_536)})
    (data (i32.const 16) "${data(answer)}")
    (data (i32.const 256) "${data(manifest)}")
    (func (export "plugin_alloc") (param i32) (result i32) (i32.const ${free}))
    (func (export "plugin_dealloc") (param i32 i32))
    (func (export "plugin_manifest") (result i64) (i64.const ${packed(256, manifest)}))
    (func (export "plugin_execute") (param i32 i32) (result i64) (i64.const ${packed(16, answer)})))`)
}
