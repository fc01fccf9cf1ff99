// What the figures depend on: the machine, and the versions of what was measured.

import { readFileSync } from 'node:fs'
import os from 'node:os'
import { at } from '../../scripts/steps.mjs'

export function describeMachine() {
  const { model } = os.cpus()[0] ?? { model: 'unknown' }
  return {
    date: new Date().toISOString(),
    cpu: model.trim(),
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()} ${process.arch}`,
    /** What else ran in the minute before, in cores: figures of a busy machine are noisy. */
    load: os.loadavg()[0],
    node: process.versions.node,
    v8: process.versions.v8,
    host: fromPackage('package.json'),
    // The lock also has the Rust host's, for the tests that compare the two.
    wasmtime: /^wasmtime = .*version = "=([^"]+)"/m.exec(
      readFileSync(new URL('../../crates/host/Cargo.toml', import.meta.url), 'utf8'),
    )?.[1],
    rustHost: fromLock('bench/rust-host/Cargo.lock', 'sen-plugin-host'),
    rustHostWasmtime: fromLock('bench/rust-host/Cargo.lock', 'wasmtime'),
    extism: fromPackage('node_modules/@extism/extism/package.json'),
    extismPdk: fromLock('bench/extism-guest/Cargo.lock', 'extism-pdk'),
    msgpack: fromPackage('node_modules/@msgpack/msgpack/package.json'),
  }
}

/** In words: `where` it was, and a list `busy` that says so if something else ran. */
export function machineNotes({ cpu, cores, memoryGiB, system, load, date, node, v8 }) {
  return {
    where: `${date.slice(0, 10)}. ${cpu}, ${cores} cores, ${memoryGiB} GiB; ${system}; Node ${node} (V8 ${v8}).`,
    busy: load > 0.3 ? [`Other work was running: ${load.toFixed(1)} cores' worth in the minute before.`] : [],
  }
}

function fromPackage(file) {
  return JSON.parse(readFileSync(at(file), 'utf8')).version
}

function fromLock(file, crate) {
  return new RegExp(`^name = "${crate}"\\r?\\nversion = "(.*)"`, 'm').exec(
    readFileSync(at(file), 'utf8'),
  )?.[1]
}
