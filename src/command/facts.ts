import { inertExcerpt, LONGEST_TEXT } from '../excerpt.js'
import type { ArgSpec } from '../manifest.js'

/** What else there is to know of an argument, behind its help. */
export interface Fact {
  readonly title: string
  readonly values: readonly string[]
}

/** More values than this say less. */
const MOST_VALUES = 20

/** Whether an argument is required, its default, and its possible values. */
export function factsOf({ required, defaultValue, possibleValues = [] }: ArgSpec): Fact[] {
  const facts: Fact[] = []
  if (required) facts.push({ title: 'required', values: [] })
  if (defaultValue !== undefined) facts.push({ title: 'default', values: [defaultValue] })
  if (possibleValues.length > 0) facts.push({ title: 'one of', values: fewOf(possibleValues) })
  return facts
}

/** An argument's help and what else there is to know, on one line that is safe to show: so many characters of either. */
export function explanationOf(arg: ArgSpec, most = LONGEST_TEXT): string {
  const facts = factsOf(arg).map(({ title, values }) =>
    values.length === 0 ? title : `${title}: ${values.join(', ')}`,
  )
  const known = facts.length === 0 ? '' : `(${inertExcerpt(facts.join('; '), most)})`
  return `${inertExcerpt(arg.help, most)} ${known}`.trim()
}

/** So many of a list as a person will read. */
export function fewOf(values: readonly string[]): string[] {
  return values.length > MOST_VALUES ? [...values.slice(0, MOST_VALUES), '…'] : [...values]
}
