/** An unsigned number as wasm writes it. */
export function leb(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  do {
    const more = rest >= 0x80
    bytes.push((rest % 0x80) + (more ? 0x80 : 0))
    rest = Math.floor(rest / 0x80)
  } while (rest > 0)
  return bytes
}

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]

/** A module of these sections, each an id and its contents. */
export function module(...sections: readonly (readonly [id: number, contents: Uint8Array])[]): Uint8Array {
  const parts = sections.map(([id, contents]) => [Uint8Array.of(id, ...leb(contents.length)), contents])
  return Buffer.concat([Uint8Array.from(HEADER), ...parts.flat()])
}

/** The contents of a section that is a vector of these items. */
export function vector(items: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([Uint8Array.from(leb(items.length)), ...items])
}

/** The body of a function: its size, its locals by the group, and its code without the `end`. */
export function body(code: Uint8Array, locals: readonly number[] = []): Uint8Array {
  const groups = locals.map(count => Uint8Array.of(...leb(count), 0x7f))
  const contents = Buffer.concat([vector(groups), code, Uint8Array.of(0x0b)])
  return Buffer.concat([Uint8Array.from(leb(contents.length)), contents])
}

/** A module of functions without parameters or results, which have these bodies. */
export function functions(bodies: readonly Uint8Array[]): Uint8Array {
  const type = Uint8Array.of(0x60, 0, 0)
  return module([1, vector([type])], [3, vector(bodies.map(() => Uint8Array.of(0)))], [10, vector(bodies)])
}
