// The comparison as a table, for a terminal and in Markdown.

import { machineNotes } from './machine.mjs'
import { json, writeResult } from './results.mjs'
import { markdownTable, textTable, time } from './table.mjs'

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
  return ['', textTable(table(report)), '', ...notes(report), ''].join('\n')
}

/** For a document. */
export function markdown(report) {
  return `${[markdownTable(table(report)), '', ...notes(report).map(note => `- ${note}`)].join('\n')}\n`
}

/** Writes bench/results/latest.json and latest.md. */
export function writeResults(report) {
  writeResult('latest.json', `${json(report)}\n`)
  writeResult('latest.md', markdown(report))
}

function table({ cases }) {
  return [['what', ...Object.values(CONTENDERS), 'ratio to each'], ...cases.map(row)]
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

function notes({ machine, quick, rounds }) {
  const { where, busy } = machineNotes(machine)
  return [
    where,
    `This host ${machine.host} with wasmtime ${machine.wasmtime}; Rust host sen-plugin-host ${machine.rustHost} with wasmtime ${machine.rustHostWasmtime}; Extism's SDK ${machine.extism}, its plugin with extism-pdk ${machine.extismPdk}; @msgpack/msgpack ${machine.msgpack}.`,
    `Medians of ${rounds} interleaved rounds${quick ? ' of a quick run, which is rough' : ''}; ± is half the interquartile range; the ratio is this host's time to that of the Rust host, Node, Extism and wasmtime without a host, in the same rounds.`,
    `A word from one thread to another and back took ${between(machine.roundTripNs)} ns before and after.`,
    ...busy,
  ]
}

const between = figures => figures.map(ns => ns.toFixed(0)).join(' and ')
