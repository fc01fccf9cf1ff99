// Figures as a table for a terminal, as Markdown and as JSON.

import { mkdirSync, writeFileSync } from 'node:fs'
import { at } from '../../scripts/steps.mjs'

const CONTENDERS = {
  ours: 'this host',
  rust: 'Rust host',
  node: 'Node WebAssembly',
  extism: 'Extism',
  direct: 'wasmtime direct',
}
const PEERS = Object.keys(CONTENDERS).filter(name => name !== 'ours')

/** For a terminal. */
export function text(report) {
  const table = [header(), ...report.cases.map(row)]
  const widths = header().map((_, column) => Math.max(...table.map(cells => cells[column].length)))
  const lines = table.map(cells =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  '),
  )
  const rule = widths.map(width => '─'.repeat(width)).join('──')
  return ['', lines[0], rule, ...lines.slice(1), '', ...notes(report), ''].join('\n')
}

/** For a document. */
export function markdown(report) {
  const line = cells => `| ${cells.join(' | ')} |`
  const rule = header().map((_, column) => (column === 0 ? '---' : '---:'))
  const table = [header(), rule, ...report.cases.map(row)].map(line)
  return `${[...table, '', ...notes(report).map(note => `- ${note}`)].join('\n')}\n`
}

export function json(report) {
  // Samples have no more than four digits that mean something.
  return JSON.stringify(
    report,
    (_, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value),
    1,
  )
}

/** Writes bench/results/latest.json and latest.md. */
export function writeResults(report) {
  mkdirSync(at('bench', 'results'), { recursive: true })
  writeFileSync(at('bench', 'results', 'latest.json'), `${json(report)}\n`)
  writeFileSync(at('bench', 'results', 'latest.md'), markdown(report))
}

function header() {
  return ['what', ...Object.values(CONTENDERS), 'ratio to each']
}

function row({ title, unit, show, by }) {
  return [
    title,
    ...Object.keys(CONTENDERS).map(name => (by[name] ? figure(by[name], unit, show) : '–')),
    by.ours ? ratios(by) : '',
  ]
}

/** The median, and half of the range between the quartiles in per cent of it. */
function figure({ median, q1, q3, max }, unit, show) {
  if (show === 'max') return time(max)
  const value = unit === 'times' ? `${median.toFixed(2)} times` : time(median)
  const spread = median === 0 ? 0 : Math.round(((q3 - q1) / 2 / median) * 100)
  return `${value} ±${spread} %`
}

function ratios(by) {
  if (PEERS.every(name => by[name] === undefined)) return '–'
  return PEERS.map(name => (by[name] ? ratio(by[name].oursToThis.median) : '–')).join(' · ')
}

/** 2.5, or 1/4: always more than one on one side. */
function ratio(value) {
  const short = number => (number < 10 ? number.toFixed(1) : number.toFixed(0))
  return value >= 1 ? short(value) : `1/${short(1 / value)}`
}

function time(ns) {
  for (const [unit, size] of [
    ['s', 1e9],
    ['ms', 1e6],
    ['µs', 1e3],
  ]) {
    if (ns >= size) return `${(ns / size).toPrecision(3)} ${unit}`
  }
  return `${Math.round(ns)} ns`
}

function notes({ machine, quick, rounds }) {
  const { cpu, cores, memoryGiB, system, load, date } = machine
  return [
    `${date.slice(0, 10)}. ${cpu}, ${cores} cores, ${memoryGiB} GiB; ${system}; Node ${machine.node} (V8 ${machine.v8}).`,
    `This host ${machine.host} with wasmtime ${machine.wasmtime}; Rust host sen-plugin-host ${machine.rustHost} with wasmtime ${machine.rustHostWasmtime}; Extism's SDK ${machine.extism}, its plugin with extism-pdk ${machine.extismPdk}; @msgpack/msgpack ${machine.msgpack}.`,
    `Medians of ${rounds} interleaved rounds${quick ? ' of a quick run, which is rough' : ''}; ± is half the interquartile range; the ratio is this host's time to that of the Rust host, Node, Extism and wasmtime without a host, in the same rounds.`,
    ...(load > 0.3 ? [`Other work was running: ${load.toFixed(1)} cores' worth in the minute before.`] : []),
  ]
}
