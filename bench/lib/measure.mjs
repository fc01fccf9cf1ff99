// Rounds: every cell of the table runs a batch in each, one contender after the other, so that what slows the machine
// down for a while slows all of them down.

import { Stop } from '../../scripts/steps.mjs'

const GREETING = { argument: 'World', expected: 'Hello, World!' }
/** How many batches are not measured before each that is. */
const BATCHES_BEFORE = 2
const SPIN_NS = 1e6
/** What 10,000,000 units of fuel, which the Rust host gives to each call, are enough for. */
const SPIN_ROUNDS = 450_000

/**
 * Measures cases, of the form that main.mjs describes.
 *
 * @param settings - `rounds`, how many; `batchMs`, what a batch takes at least; `warmUpMs`, how long a cell runs first.
 * @returns The rounds, and each case with `by`: the figures of each contender, in nanoseconds.
 */
export async function measure(cases, contenders, settings) {
  const spin = cases.some(({ plugin }) => plugin === 'spin')
    ? await calibrateSpin(contenders.ours)
    : undefined
  const cells = new Map()
  for (const row of cases) {
    for (const [contender, name] of commands(row)) {
      const key = keyOf(row, contender)
      const work = row.plugin === 'spin' ? spin : { ...GREETING, expected: row.expected ?? GREETING.expected }
      if (!cells.has(key))
        cells.set(key, new Cell(contenders[contender], name, { ...row, ...work }, settings))
    }
  }

  let warm = 0
  for (const cell of cells.values()) {
    tell('checking and warming up', ++warm, cells.size)
    await cell.warmUp()
  }
  const order = [...cells.values()]
  for (let round = 1; round <= settings.rounds; round += 1) {
    tell('measuring: round', round, settings.rounds)
    // What one leaves behind, be it only a machine that did nothing for a while, does not always meet the same.
    for (const cell of round % 2 === 0 ? order.toReversed() : order) await cell.measure()
  }

  const results = new Map()
  for (const row of cases) results.set(row.name, row.quotient ? quotient(row, results) : figures(row, cells))
  return { rounds: settings.rounds, cases: [...results.values()] }
}

/** A contender's case with a plugin: rows that show different figures of the same batches share it. */
class Cell {
  replies = []
  #contender
  #name
  #row
  #settings
  #count = 1

  constructor(contender, name, row, settings) {
    this.#contender = contender
    this.#name = name
    this.#row = row
    this.#settings = settings
  }

  /** Runs until compilers have done their work, and finds how many executions make a batch. */
  async warmUp() {
    const [batchNs, warmUpNs] = [this.#settings.batchMs * 1e6, this.#settings.warmUpMs * 1e6]
    for (let count = 1, spent = 0; ; ) {
      const { ns } = await this.#batch(count)
      spent += ns
      const enough = Math.max(this.#row.least ?? 1, Math.ceil((count * batchNs) / ns))
      if (spent >= warmUpNs && ns >= batchNs / 4) {
        this.#count = enough
        return
      }
      count = Math.min(enough, count * 8)
    }
  }

  async measure() {
    // What comes first finds caches as the contenders before left them, and threads and instances that stood by gone.
    if (this.#count > 1) await this.#batch(BATCHES_BEFORE * this.#count)
    this.replies.push({ ...(await this.#batch(this.#count)), count: this.#count })
  }

  async #batch(count) {
    const { plugin, argument, expected } = this.#row
    const reply = await this.#contender.batch(this.#name, plugin, count, argument)
    if (reply.output !== expected) {
      const [got, wanted] = [reply.output, expected].map(output => JSON.stringify(output))
      throw new Stop(`${this.#contender.name}: ${this.#name} of ${plugin} gave ${got} instead of ${wanted}`)
    }
    return reply
  }
}

/** How many rounds of the plugin spin take a millisecond here, or as many as the fuel is enough for. */
async function calibrateSpin(contender) {
  const [trial, count] = [100_000, 100]
  const times = []
  for (let batch = 0; batch < 5; batch += 1) {
    const { ns } = await contender.batch('registry-sync', 'spin', count, String(trial))
    times.push(ns / count / trial)
  }
  const rounds = Math.min(SPIN_ROUNDS, SPIN_NS / Math.min(...times))
  const argument = String(Number(rounds.toPrecision(2)))
  const { output: expected } = await contender.batch('registry-sync', 'spin', 1, argument)
  if (!expected?.startsWith(`${argument} rounds: `)) throw new Stop(`spin gave ${JSON.stringify(expected)}`)
  return { argument, expected }
}

function figures(row, cells) {
  const figure = row.figure ? reply => reply[row.figure] : ({ ns, count }) => ns / count
  const samples = commands(row).map(([contender]) => [
    contender,
    cells.get(keyOf(row, contender)).replies.map(figure),
  ])
  return result(row, samples, 'ns')
}

/** One case's figures over another's, round by round. */
function quotient(row, results) {
  const [above, below] = row.quotient.map(name => results.get(name).by)
  const samples = Object.keys(above)
    .filter(contender => contender in below)
    .map(contender => [contender, divide(above[contender].samples, below[contender].samples)])
  return result(row, samples, 'times')
}

function result({ name, title, show = 'median' }, samples, unit) {
  const by = Object.fromEntries(
    samples.map(([contender, values]) => [contender, { ...summarize(values), samples: values }]),
  )
  for (const [contender, figures] of Object.entries(by)) {
    if (contender === 'ours' || by.ours === undefined) continue
    // Of the rounds' own ratios, so that a slow round counts as one.
    figures.oursToThis = summarize(divide(by.ours.samples, figures.samples))
  }
  return { name, title, unit, show, by }
}

/** The median and the quartiles, interpolated. */
function summarize(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const at = fraction => {
    const place = fraction * (sorted.length - 1)
    const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
    return low + (high - low) * (place % 1)
  }
  return { median: at(0.5), q1: at(0.25), q3: at(0.75), max: at(1) }
}

function divide(above, below) {
  return above.map((value, round) => value / below[round])
}

function commands({ by = {} }) {
  return Object.entries(by).filter(([, name]) => name !== undefined)
}

function keyOf({ plugin, by }, contender) {
  return `${contender} ${by[contender]} ${plugin}`
}

function tell(what, number, total) {
  if (process.stderr.isTTY)
    process.stderr.write(`\r\x1b[K${what} ${number} of ${total}${number === total ? '\n' : ''}`)
  else if (number === 1) process.stderr.write(`${what} 1 to ${total}\n`)
}
