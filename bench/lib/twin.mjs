// What the machine gives to two processes at once that share nothing: as much as threads of one can ask for.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/**
 * A batch that is shared with a twin: this contender in another process, which runs half of it as its case `name`.
 *
 * @param batch - the same case of this process.
 * @param file - the contender's own file.
 */
export function shared(batch, name, file) {
  let twin
  return async (plugin, count, argument) => {
    twin ??= open(file)
    const half = Math.ceil(count / 2)
    const started = process.hrtime.bigint()
    const theirs = twin(`${name} ${plugin} ${half} ${argument}`)
    const ours = await batch(plugin, half, argument)
    const { output } = await theirs
    // Both halves, and what is between their beginnings: never better than it is.
    const ns = Number(process.hrtime.bigint() - started)
    return { ns, output: output === ours.output ? output : `${ours.output} and ${output}` }
  }
}

/** A process that answers requests one by one. It ends with this one, when its stdin does. */
function open(file) {
  const child = spawn(process.execPath, [...process.execArgv, file], { stdio: ['pipe', 'pipe', 'inherit'] })
  const replies = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return async request => {
    child.stdin.write(`${request}\n`)
    const { value } = await replies.next()
    if (value === undefined) throw new Error('the twin ended, see above')
    return JSON.parse(value)
  }
}
