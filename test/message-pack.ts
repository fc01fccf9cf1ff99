/** What guests are made to say. */
export type Value = string | number | readonly Value[] | { readonly [key: string]: Value }

/** A value as MessagePack, in the longest forms of lengths, which say the same. Numbers are below 128. */
export function encode(value: Value): Buffer {
  if (typeof value === 'number') return Buffer.of(value)
  if (typeof value === 'string') {
    const text = Buffer.from(value)
    return Buffer.concat([head(0xdb, text.length), text])
  }
  if (Array.isArray(value)) return Buffer.concat([head(0xdd, value.length), ...value.map(encode)])
  const entries = Object.entries(value)
  return Buffer.concat([head(0xdf, entries.length), ...entries.flat().map(encode)])
}

function head(tag: number, length: number): Buffer {
  const bytes = Buffer.of(tag, 0, 0, 0, 0)
  bytes.writeUInt32BE(length, 1)
  return bytes
}
