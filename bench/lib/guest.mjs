// The plugin protocol by hand, on Node's own WebAssembly: what a program would write that does without a host. It
// trusts the guest: no limits on fuel, time or memory, no checks of what comes back.

import { Decoder, Encoder } from '@msgpack/msgpack'

const encoder = new Encoder()
const decoder = new Decoder()

export class Guest {
  #exports

  /** With `wasi`, of `node:wasi`, for a plugin that imports it. */
  constructor(module, wasi) {
    const instance = new WebAssembly.Instance(module, wasi?.getImportObject())
    wasi?.initialize(instance)
    this.#exports = instance.exports
  }

  manifest() {
    return this.#take(this.#exports.plugin_manifest())
  }

  execute(args) {
    const { memory, plugin_alloc, plugin_dealloc, plugin_execute } = this.#exports
    const encoded = encoder.encodeSharedRef(args)
    const pointer = plugin_alloc(encoded.length) >>> 0
    new Uint8Array(memory.buffer, pointer).set(encoded)
    const result = this.#take(plugin_execute(pointer, encoded.length))
    plugin_dealloc(pointer, encoded.length)
    return result
  }

  #take(packed) {
    const { memory, plugin_dealloc } = this.#exports
    const pointer = Number(BigInt.asUintN(32, packed >> 32n))
    const length = Number(BigInt.asUintN(32, packed))
    const value = decoder.decode(new Uint8Array(memory.buffer, pointer, length))
    plugin_dealloc(pointer, length)
    return value
  }
}
