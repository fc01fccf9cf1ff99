import picocolors from 'picocolors'

export type Colors = ReturnType<typeof picocolors.createColors>

type Environment = Readonly<Record<string, string | undefined>>

/** Colours, or functions that leave a text as it is. */
export function colorsFor(isColored: boolean): Colors {
  return picocolors.createColors(isColored)
}

/** Colours are for terminals; `NO_COLOR` takes them away, and `FORCE_COLOR` gives them to a pipe. */
export function wantsColors(isTerminal: boolean, env: Environment): boolean {
  const { NO_COLOR: no, FORCE_COLOR: force } = env
  if (no !== undefined && no !== '') return false
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false'
  return isTerminal && env.TERM !== 'dumb'
}
