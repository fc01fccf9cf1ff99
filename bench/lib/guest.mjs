// The plugin protocol by hand, on Node's own WebAssembly: what a program would write that does without a host. It
// trusts the guest: no limits on fuel, time or memory, no checks of what comes back.

import { Decoder, decode, Encoder, encode } from '@msgpack/msgpack'

/** With an encoder and a decoder that are kept. */
const kept = () => {
  const [encoder, decoder] = [new Encoder(), new Decoder()]
  return { encode: value => encoder.encodeSharedRef(value), decode: bytes => decoder.decode(bytes) }
}

/** How values are written and read. */
export const codecs = { kept: kept(), functions: { encode, decode } }

export class Guest {
  #exports
  #codec

  /** With `wasi`, of `node:wasi`, for a plugin that imports it. */
  constructor(module, { wasi, codec = codecs.kept } = {}) {
    this.#codec = codec
    const instance = new WebAssembly.Instance(module, wasi?.getImportObject())
    wasi?.initialize(instance)
    this.#exports = instance.exports
  }

  manifest() {
    return this.#take(this.#exports.plugin_manifest())
  }

  execute(args) {
    const { memory, plugin_alloc, plugin_dealloc, plugin_execute } = this.#exports
    const encoded = this.#codec.encode(args)
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
    const value = this.#codec.decode(new Uint8Array(memory.buffer, pointer, length))
    plugin_dealloc(pointer, length)
    return value
  }
}
