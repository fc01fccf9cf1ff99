/**
 * BLAKE3 of at most 1024 bytes, which are one chunk, after the pseudocode of its paper: apart from the
 * implementation that the host uses.
 */
export function blake3(bytes: Uint8Array): string {
  if (bytes.length > 1024) throw new RangeError('more than one chunk')
  const blocks = Math.max(1, Math.ceil(bytes.length / 64))
  let chaining = IV
  for (let index = 0; index < blocks; index++) {
    const part = bytes.subarray(index * 64, index * 64 + 64)
    const block = new Uint8Array(64)
    block.set(part)
    const view = new DataView(block.buffer)
    const words = Array.from({ length: 16 }, (_, word) => view.getUint32(word * 4, true))
    const last = index === blocks - 1
    const flags = (index === 0 ? CHUNK_START : 0) | (last ? CHUNK_END | ROOT : 0)
    chaining = compress(chaining, words, part.length, flags)
  }
  const digest = new DataView(new ArrayBuffer(32))
  chaining.forEach((word, index) => {
    digest.setUint32(index * 4, word, true)
  })
  return Buffer.from(digest.buffer).toString('hex')
}

const IV = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19]
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]
const [CHUNK_START, CHUNK_END, ROOT] = [1, 2, 8]

function compress(chaining: readonly number[], block: number[], length: number, flags: number): number[] {
  const state = [...chaining, ...IV.slice(0, 4), 0, 0, length, flags]
  const at = (words: readonly number[], index: number) => words[index] ?? Number.NaN
  const mix = (a: number, b: number, c: number, d: number, x: number, y: number) => {
    state[a] = at(state, a) + at(state, b) + x
    state[d] = rotate(at(state, d) ^ at(state, a), 16)
    state[c] = at(state, c) + at(state, d)
    state[b] = rotate(at(state, b) ^ at(state, c), 12)
    state[a] = at(state, a) + at(state, b) + y
    state[d] = rotate(at(state, d) ^ at(state, a), 8)
    state[c] = at(state, c) + at(state, d)
    state[b] = rotate(at(state, b) ^ at(state, c), 7)
    for (const index of [a, b, c, d]) state[index] = at(state, index) >>> 0
  }
  let words = block
  for (let round = 0; round < 7; round++) {
    const m = (index: number) => at(words, index)
    mix(0, 4, 8, 12, m(0), m(1))
    mix(1, 5, 9, 13, m(2), m(3))
    mix(2, 6, 10, 14, m(4), m(5))
    mix(3, 7, 11, 15, m(6), m(7))
    mix(0, 5, 10, 15, m(8), m(9))
    mix(1, 6, 11, 12, m(10), m(11))
    mix(2, 7, 8, 13, m(12), m(13))
    mix(3, 4, 9, 14, m(14), m(15))
    words = PERMUTATION.map(index => at(words, index))
  }
  return Array.from({ length: 8 }, (_, index) => (at(state, index) ^ at(state, index + 8)) >>> 0)
}

function rotate(word: number, bits: number): number {
  return ((word >>> bits) | (word << (32 - bits))) >>> 0
}
