// The figures as a table, for a terminal and in Markdown.

import { machineNotes } from '../lib/machine.mjs'
import { json, writeResult } from '../lib/results.mjs'
import { markdownTable, textTable, time } from '../lib/table.mjs'

const CONTENDERS = { ours: 'this host', node: 'Node WebAssembly', extism: 'Extism' }

const UNITS = {
  ns: time,
  bytes: bytes =>
    Math.abs(bytes) < 1e6 ? `${(bytes / 1e3).toFixed(0)} KB` : `${(bytes / 1e6).toFixed(1)} MB`,
  times: value => `${value.toFixed(2)} times`,
  count: String,
}

/** For a terminal. */
export function text(report) {
  return ['', textTable(table(report)), '', ...notes(report), ''].join('\n')
}

/** Writes bench/results/capacity.json and capacity.md. */
export function writeResults(report) {
  writeResult('capacity.json', `${json(report)}\n`)
  const lines = [markdownTable(table(report)), '', ...notes(report).map(note => `- ${note}`)]
  writeResult('capacity.md', `${lines.join('\n')}\n`)
}

function table({ rows }) {
  const figure = (value, unit) => (value === undefined ? '–' : UNITS[unit](value))
  return [
    ['what', ...Object.values(CONTENDERS)],
    ...rows.map(({ title, unit, by }) => [
      title,
      ...Object.keys(CONTENDERS).map(name => figure(by[name], unit)),
    ]),
  ]
}

function notes({ machine, quick }) {
  const { where, busy } = machineNotes(machine)
  return [
    where,
    `This host ${machine.host} with wasmtime ${machine.wasmtime}; Extism's SDK ${machine.extism}.`,
    ...(quick ? ['A quick run, which is rough.'] : []),
    ...busy,
  ]
}
