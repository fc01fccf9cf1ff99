// What the contenders in JavaScript have in common: batches, timed, asked for on stdin one a line. README.md has the form.

import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { variant } from './variant.mjs'

const DELAY_RESOLUTION_MS = 1

/** Runs the batches that are asked for, until stdin ends. */
export async function serve(cases) {
  for await (const line of createInterface({ input: process.stdin })) {
    const [name, plugin, count, argument] = line.split(' ')
    // No batch pays for the garbage of another.
    globalThis.gc()
    const reply = await cases[name](plugin, Number(count), argument)
    console.log(JSON.stringify(reply))
  }
  process.exit()
}

/** A batch of `prepare(plugin)(argument)`, which returns the output. What is prepared is kept. */
export function blocking(prepare) {
  const prepared = keep(prepare)
  return async (plugin, count, argument) => {
    const run = await prepared(plugin)
    let output
    const started = process.hrtime.bigint()
    for (let done = 0; done < count; done += 1) output = run(argument)
    return { ns: since(started), output }
  }
}

/** As `blocking`, where a promise is returned: the next begins when the last is done. */
export function awaited(prepare) {
  const prepared = keep(prepare)
  return async (plugin, count, argument) => {
    const run = await prepared(plugin)
    let output
    const started = process.hrtime.bigint()
    for (let done = 0; done < count; done += 1) output = await run(argument)
    return { ns: since(started), output }
  }
}

/** As `awaited`, with many in flight: whenever one is done, the next begins. */
export function inFlight(width, prepare) {
  const prepared = keep(prepare)
  return async (plugin, count, argument) => {
    const run = await prepared(plugin)
    let output
    let begun = 0
    const lane = async () => {
      while (begun < count) {
        begun += 1
        output = await run(argument)
      }
    }
    const started = process.hrtime.bigint()
    await Promise.all(Array.from({ length: width }, lane))
    return { ns: since(started), output }
  }
}

/**
 * A batch of `load(module, argument)` with a module that is another each time. `load` returns `{ output, close }`; what
 * was loaded is closed when the clock has stopped.
 */
export function loading(path, load) {
  return async (plugin, count, argument) => {
    const module = readFileSync(path(plugin))
    return await loadAll(
      Array.from({ length: count }, () => variant(module)),
      load,
      argument,
    )
  }
}

/** As `loading`, with a module that is always the same, and was loaded before the clock starts. */
export function reloading(path, load) {
  return async (plugin, count, argument) => {
    const module = readFileSync(path(plugin))
    await loadAll([module], load, argument)
    return await loadAll(Array(count).fill(module), load, argument)
  }
}

async function loadAll(modules, load, argument) {
  const loaded = []
  const started = process.hrtime.bigint()
  for (const module of modules) loaded.push(await load(module, argument))
  const ns = since(started)
  for (const { close } of loaded) await close?.()
  return { ns, output: loaded.at(-1).output }
}

/** Adds to a batch how late the event loop's timers were meanwhile. */
export function withLoopDelay(batch) {
  return async (...request) => {
    const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS })
    delay.enable()
    const reply = await batch(...request)
    delay.disable()
    // The histogram has the time from one timer to the next: the delay, and the interval itself.
    const late = ns => Math.max(0, ns - DELAY_RESOLUTION_MS * 1e6)
    return { ...reply, delayP99Ns: late(delay.percentile(99)), delayMaxNs: late(delay.max) }
  }
}

/** A batch of so many milliseconds of nothing. */
export async function idle(_plugin, count) {
  const started = process.hrtime.bigint()
  await sleep(count)
  return { ns: since(started), output: 'idle' }
}

function keep(prepare) {
  const kept = new Map()
  return async plugin => {
    if (!kept.has(plugin)) kept.set(plugin, await prepare(plugin))
    return kept.get(plugin)
  }
}

function since(started) {
  return Number(process.hrtime.bigint() - started)
}
