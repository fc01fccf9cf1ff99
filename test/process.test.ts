import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compile, guestFile, temporaryDirectory } from './guest.js'
import { runProgram } from './system.js'

test('a process ends by process.exit() while Workers are in the middle of calls as well', async () => {
  const path = await guestFile(await temporaryDirectory(), 'forever')
  const ended = await runProgram('exit-in-workers.mjs', [path])
  expect(ended).toEqual({ code: 7, signal: null, stdout: '', stderr: '' })
})

describe('a process', () => {
  test('ends by itself when nothing is going on, though nothing was closed', async () => {
    const path = await guestFile(await temporaryDirectory(), 'echo')
    const { code, stdout } = await runProgram('idle.mjs', [path])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'done\n' })
  })

  test.each(['load', 'execute', 'live'])('stays alive while something is awaited: %s', async way => {
    const path = await guestFile(await temporaryDirectory(), way === 'load' ? 'echo' : 'grow-memory-to-limit')
    const { code, stdout } = await runProgram('pending.mjs', [way, path])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'done\n' })
  })

  test('ends by itself when nobody waits any more for a plugin that sleeps for an hour', async () => {
    const path = await guestFile(await temporaryDirectory(), 'effect-sleep-hour')
    const { code, stdout } = await runProgram('aborted-sleep.mjs', [path])
    const [aborted, unloaded, closed] = JSON.parse(stdout)
    expect({ code, aborted }).toEqual({ code: 0, aborted: ['AbortError', 20] })
    expect(unloaded).toEqual(['PluginHostError', 'ERR_UNLOADED'])
    expect(closed).toEqual(['PluginHostError', 'ERR_CLOSED'])
  })

  test('stays alive while a question is open, until silence is an answer', async () => {
    const { code, stdout } = await runProgram('unanswered.mjs')
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'timed-out\n' })
  })

  test('stays alive while a plugin sleeps', async () => {
    const path = await guestFile(await temporaryDirectory(), 'effect-sleep')
    const { code, stdout } = await runProgram('pending.mjs', ['execute', path])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'done\n' })
  })
})

test.each([
  [
    'a program that expects few executions begins so many of one plugin, and the rest when there is room',
    ['16'],
    7,
  ],
  ['a program that expects nothing begins all', [], 100],
])('%s', async (_, expected, begun) => {
  const path = await guestFile(await temporaryDirectory(), 'effect-sleep-hour')
  const { code, stdout } = await runProgram('expecting.mjs', [path, ...expected])
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${begun}\n100\n` })
})

describe("Node's own WebAssembly", () => {
  test.each(['node', 'host'])('traps beside the host, and both catch it: %s first', async first => {
    const directory = await temporaryDirectory()
    for (const name of ['out-of-bounds', 'trap-unreachable', 'recurse']) await guestFile(directory, name)
    const bare = join(directory, 'bare.wasm')
    await writeFile(bare, await compile(TRAPS))
    const { code, stdout } = await runProgram('traps-beside.mjs', [first, bare, directory])
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
    expect({ code, caught: JSON.parse(stdout) }).toEqual({ code: 0, caught: [...round, ...round, ...round] })
  })
})

const TRAPS = `(module
  (memory 1)
  (func (export "out-of-bounds") (result i32) (i32.load (i32.const 100000)))
  (func (export "unreachable") (result i32) (unreachable))
  (func $recurse (export "recurse") (result i32) (i32.add (call $recurse) (i32.const 1))))`
