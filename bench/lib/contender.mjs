// The contenders, each in a process of its own, so that garbage, compiled code and threads of one do not weigh on another.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { at, Stop } from '../../scripts/steps.mjs'
import { extismGuest, pluginPath, plugins, rustHost, wasmtimeDirect } from './build.mjs'
import { variant } from './variant.mjs'

const inNode = (name, ...flags) => ({
  serve: [process.execPath, '--expose-gc', ...flags, at('bench', 'cases', `${name}.mjs`)],
  first: [process.execPath, at('bench', 'first', `${name}.mjs`)],
})

/** How each is started: to serve batches, and to print a first result. */
const COMMANDS = {
  ours: inNode('ours'),
  rust: { serve: [rustHost, plugins], first: [rustHost, 'first'] },
  // Fast calls to `node:wasi` end Node 20 with a crash as soon as one of them has garbage collected.
  node: inNode('node', '--no-turbo-fast-api-calls'),
  extism: inNode('extism'),
  direct: { serve: [wasmtimeDirect, pluginPath('spin'), pluginPath('compute')] },
}

/** Starts contenders, by their names. */
export function openContenders(names) {
  return Object.fromEntries([...names].map(name => [name, new Contender(name)]))
}

class Contender {
  name
  #scratch = mkdtempSync(join(tmpdir(), 'sen-bench-'))
  #child
  #replies

  constructor(name) {
    this.name = name
    this.#child = this.#start(COMMANDS[name].serve)
    this.#replies = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  /**
   * Has a batch run: a case so many times. Returns what the contender says of it, the nanoseconds it took (`ns`) and
   * the last output among them.
   */
  async batch(name, plugin, count, argument) {
    if (name === 'first') return await this.#firsts(plugin, count, argument)
    this.#child.stdin.write(`${name} ${plugin} ${count} ${argument}\n`)
    const { value } = await this.#replies.next()
    if (value === undefined) throw new Stop(`${this.name} ended in ${name} of ${plugin}, see above`)
    return JSON.parse(value)
  }

  close() {
    this.#child.stdin.end()
    rmSync(this.#scratch, { recursive: true, force: true })
  }

  /** New processes, each from its start to its first output, with a module that no cache knows. */
  async #firsts(plugin, count, argument) {
    const module = readFileSync(this.name === 'extism' ? extismGuest : pluginPath(plugin))
    const file = join(this.#scratch, 'first.wasm')
    const reply = { ns: 0 }
    for (let done = 0; done < count; done += 1) {
      writeFileSync(file, variant(module))
      const started = process.hrtime.bigint()
      const child = this.#start([...COMMANDS[this.name].first, file, argument])
      const ended = once(child, 'close')
      const [output] = await Promise.race([once(child.stdout, 'data'), ended.then(() => [''])])
      reply.ns += Number(process.hrtime.bigint() - started)
      reply.output = String(output).trimEnd()
      await ended
    }
    return reply
  }

  #start([command, ...args]) {
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      // Whatever a contender caches is kept apart from the user's own, and is gone afterwards.
      env: {
        ...process.env,
        XDG_CACHE_HOME: this.#scratch,
        SEN_PLUGIN_HOST_CACHE: join(this.#scratch, 'compiled'),
        NODE_NO_WARNINGS: '1',
      },
    })
    child.on('error', error => console.error(`cannot run ${command}: ${error.message}`))
    // A contender that is gone is noticed where its answer is missing.
    child.stdin.on('error', () => {})
    return child
  }
}
