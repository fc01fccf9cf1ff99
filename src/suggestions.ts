import { createRequire } from 'node:module'
import type * as levenshtein from 'fastest-levenshtein'

/** A longer word is nothing misspelt, and comparing it would take long. */
const LONGEST = 128
const MOST = 3

/** The library, loaded by the first word that is none of the names. */
let loaded: typeof levenshtein | undefined

/**
 * Names that somebody may have meant, the closest first: those that begin like the word, and those that differ from it
 * by a letter in three, dashes in front not counted, two letters that are exchanged counted as one. A single letter is
 * as far from any other, and is none of them misspelt.
 */
export function suggestionsFor(word: string, names: Iterable<string>): string[] {
  const { length } = word.replace(/^-+/, '')
  if (length === 0 || word.length > LONGEST) return []
  const farthest = length === 1 ? 0 : Math.max(1, Math.floor(length / 3))
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
  if (name.startsWith(word)) return 0
  if (name.length > LONGEST) return Number.POSITIVE_INFINITY
  return isExchanged(word, name) ? 1 : distance(word, name)
}

/** Whether two neighbouring letters have changed places: to the library that is two mistakes. */
function isExchanged(word: string, name: string): boolean {
  let first = 0
  while (first < word.length && word[first] === name[first]) first += 1
  const [a = '', b = ''] = word.slice(first)
  return b !== '' && name === word.slice(0, first) + b + a + word.slice(first + 2)
}

function distance(word: string, name: string): number {
  loaded ??= createRequire(import.meta.url)('fastest-levenshtein') as typeof levenshtein
  return loaded.distance(word, name)
}
