import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compile, guestFile, temporaryDirectory } from './guest.js'
import { type Ended, runProgram } from './system.js'

// Faults at the end of a process are rare ones: each is made several times.
const ROUNDS = 3

describe('a process that ends in the middle of calls ends as it should', () => {
  test('by process.exit(), with its code', async () => {
    for (const { code, signal, stderr } of await rounds('exit.mjs')) {
      expect({ code, signal, stderr }).toEqual({ code: 7, signal: null, stderr: '' })
    }
  })

  test('by process.exit() while Workers are in the middle of calls as well', async () => {
    for (const { code, signal, stderr } of await rounds('exit-in-workers.mjs')) {
      expect({ code, signal, stderr }).toEqual({ code: 7, signal: null, stderr: '' })
    }
  })

  test('by an exception that nobody catches, which is reported', async () => {
    for (const { code, signal, stderr } of await rounds('throw.mjs')) {
      expect({ code, signal }).toEqual({ code: 1, signal: null })
      expect(stderr).toContain('nobody catches this')
    }
  })

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('by %s, of that signal', async name => {
    const onOutput = (stdout: string, kill: (signal: NodeJS.Signals) => void) => {
      if (stdout === 'begun\n') kill(name)
    }
    for (const { code, signal, stderr } of await rounds('wait.mjs', onOutput)) {
      expect({ code, signal, stderr }).toEqual({ code: null, signal: name, stderr: '' })
    }
  })
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

  test('stays alive while a plugin sleeps', async () => {
    const path = await guestFile(await temporaryDirectory(), 'effect-sleep')
    const { code, stdout } = await runProgram('pending.mjs', ['execute', path])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'done\n' })
  })
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

async function rounds(
  program: string,
  onOutput?: (stdout: string, kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Ended[]> {
  const path = await guestFile(await temporaryDirectory(), 'forever')
  const ended: Ended[] = []
  for (let round = 0; round < ROUNDS; round++) {
    ended.push(await runProgram(program, [path], onOutput === undefined ? {} : { onOutput }))
  }
  return ended
}
