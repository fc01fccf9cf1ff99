import { createRequire } from 'node:module'
import type * as jsonc from 'jsonc-parser'
import type { Node, ParseError } from 'jsonc-parser'

/** Loaded by the first document, which most programs have none of. */
function parser(): typeof jsonc {
  return createRequire(import.meta.url)('jsonc-parser')
}

/** Something wrong at a place in a text. Lines and columns count from 1. */
export class JsonProblem extends Error {
  readonly line: number
  readonly column: number
  /** The keys and indices that lead there, as in `plugins[0].until`; empty for the whole document. */
  readonly key: string

  constructor(text: string, offset: number, key: string, problem: string, options?: { cause?: unknown }) {
    super(problem, options)
    const before = text.slice(0, offset)
    this.line = before.split('\n').length
    this.column = offset - before.lastIndexOf('\n')
    this.key = key
  }
}

/**
 * A JSON document that knows where its values stand. It is stricter than `JSON.parse`: a key that an object
 * has twice is an error, as two readers could take it for different things.
 */
export class JsonDocument {
  /** Objects in it have no prototype. */
  readonly value: unknown
  readonly #text: string
  readonly #root: Node

  /** @throws {JsonProblem} Where the text is no JSON. */
  constructor(text: string) {
    this.#text = text
    try {
      this.#root = this.#parse()
      this.#refuseDuplicates(this.#root, [])
      this.value = parser().getNodeValue(this.#root)
    } catch (error) {
      // What else the parser throws, and all that goes through what it made, is a full stack.
      throw error instanceof RangeError ? tooDeep(text, error) : error
    }
  }

  /** What is wrong with the value that these keys and indices lead to, or with what should have it. */
  problem(path: readonly (string | number)[], problem: string): JsonProblem {
    let found: Node | undefined
    for (let length = path.length; found === undefined && length > 0; length -= 1)
      found = parser().findNodeAtLocation(this.#root, path.slice(0, length))
    return new JsonProblem(this.#text, (found ?? this.#root).offset, keyOf(path), problem)
  }

  #parse(): Node {
    const options = { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false }
    const errors: ParseError[] = []
    const root = parser().parseTree(this.#text, errors, options)
    const [first] = errors
    if (first !== undefined) {
      const name = parser().printParseErrorCode(first.error)
      throw new JsonProblem(this.#text, first.offset, '', `is no JSON here (${inWords(name)})`)
    }
    if (root === undefined) throw new JsonProblem(this.#text, 0, '', 'is empty')
    return root
  }

  #refuseDuplicates({ type, children = [] }: Node, path: readonly (string | number)[]): void {
    const keys = new Set<string>()
    children.forEach((child, index) => {
      const [name, value] = child.children ?? []
      if (type === 'array') this.#refuseDuplicates(child, [...path, index])
      if (type !== 'object' || name === undefined || value === undefined) return
      const key = String(name.value)
      if (keys.has(key))
        throw new JsonProblem(this.#text, name.offset, keyOf([...path, key]), 'is there twice')
      keys.add(key)
      this.#refuseDuplicates(value, [...path, key])
    })
  }
}

function tooDeep(text: string, cause: RangeError): JsonProblem {
  return new JsonProblem(text, 0, '', 'is nested too deeply', { cause })
}

function keyOf(path: readonly (string | number)[]): string {
  return path.reduce<string>((key, part) => {
    if (typeof part === 'number') return `${key}[${part}]`
    return key === '' ? part : `${key}.${part}`
  }, '')
}

/** `ValueExpected` as `value expected`. */
function inWords(name: string): string {
  return name.replace(/(?<!^)[A-Z]/g, letter => ` ${letter}`).toLowerCase()
}
