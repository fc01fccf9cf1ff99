import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { compile, guestFiles } from '../guest.js'
import { program } from '../system.js'
import { rounds } from './rounds.js'

describe('beside an addon that handles the signals of faults and passes them on', () => {
  const orders = ['handler', 'host']

  test.each(orders)('guests trap as ever: %s first', async first => {
    const directory = await guestFiles('out-of-bounds', 'trap-unreachable', 'divide-by-zero', 'recurse')
    const addon = join(directory, 'handler.node')
    const arguments_ = ['-shared', '-fPIC', '-Wall', '-Werror', '-o', addon, program('signal-handler.c')]
    await promisify(execFile)('cc', arguments_)
    const codes = ['ERR_TRAP', 'ERR_TRAP', 'ERR_TRAP', 'ERR_STACK_OVERFLOW'].flatMap(code => [
      code,
      code,
      code,
    ])
    await rounds(
      'beside-handler.mjs',
      [first, addon, directory],
      ({ code, signal, stdout }) => {
        expect({ code, signal }).toEqual({ code: 0, signal: null })
        for (const caught of JSON.parse(stdout)) expect(caught).toEqual(codes)
      },
      { situations: orders.length },
    )
  })
})

describe("Node's own WebAssembly", () => {
  const orders = ['node', 'host']

  test.each(orders)('traps beside the host, and both catch it: %s first', async first => {
    const directory = await guestFiles('out-of-bounds', 'trap-unreachable', 'recurse')
    const bare = join(directory, 'bare.wasm')
    await writeFile(bare, await compile(TRAPS))
    const inNode = ['RuntimeError', 'RuntimeError', 'RangeError']
    const inHost = [
      'ERR_TRAP',
      'ERR_TRAP',
      'ERR_TRAP',
      'ERR_TRAP',
      'ERR_STACK_OVERFLOW',
      'ERR_STACK_OVERFLOW',
    ]
    const round = first === 'node' ? [inNode, inHost] : [inHost, inNode]
    await rounds(
      'traps-beside.mjs',
      [first, bare, directory],
      ({ code, stdout }) =>
        expect({ code, caught: JSON.parse(stdout) }).toEqual({
          code: 0,
          caught: [...round, ...round, ...round],
        }),
      { situations: orders.length },
    )
  })
})

const TRAPS = `(module
  (memory 1)
  (func (export "out-of-bounds") (result i32) (i32.load (i32.const 100000)))
  (func (export "unreachable") (result i32) (unreachable))
  (func $recurse (export "recurse") (result i32) (i32.add (call $recurse) (i32.const 1))))`
