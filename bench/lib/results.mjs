// Results in files: bench/results.

import { mkdirSync, writeFileSync } from 'node:fs'
import { at } from '../../scripts/steps.mjs'

export function writeResult(name, content) {
  mkdirSync(at('bench', 'results'), { recursive: true })
  writeFileSync(at('bench', 'results', name), content)
}

export function json(report) {
  // Samples have no more than four digits that mean something.
  return JSON.stringify(
    report,
    (_, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value),
    1,
  )
}
