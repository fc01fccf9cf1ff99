import { createRequire } from 'node:module'
import type * as levenshtein from 'fastest-levenshtein'

/** A longer word is nothing misspelt, and comparing it would take long. */
const LONGEST = 128
const MOST = 3

/** The library, loaded by the first word that is none of the names. */
let loaded: typeof levenshtein | undefined

/** Names that somebody may have meant, the closest first. */
export function suggestionsFor(word: string, names: Iterable<string>): string[] {
  if (word.length > LONGEST) return []
  const farthest = Math.max(1, Math.floor(word.length / 3))
  return Array.from(names, name => ({ name, distance: distanceTo(word, name) }))
    .filter(candidate => candidate.distance <= farthest)
    .sort((a, b) => a.distance - b.distance || compareNames(a.name, b.name))
    .slice(0, MOST)
    .map(({ name }) => name)
}

/** By code unit, so that the order is the same in every locale. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function distanceTo(word: string, name: string): number {
  if (name.startsWith(word) && word !== '') return 0
  return name.length > LONGEST ? Number.POSITIVE_INFINITY : distance(word, name)
}

function distance(word: string, name: string): number {
  loaded ??= createRequire(import.meta.url)('fastest-levenshtein') as typeof levenshtein
  return loaded.distance(word, name)
}
