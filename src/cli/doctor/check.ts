import { failureOf } from '../failure.js'

/**
 * How something is, and what to do about it where it is not well. A warning is something that works,
 * though not as well or as safely as it could; a problem is something that does not work.
 */
export type Verdict =
  | { readonly state: 'ok'; readonly message: string }
  | { readonly state: 'warning'; readonly message: string; readonly remedy: string }
  | {
      readonly state: 'problem'
      readonly message: string
      readonly remedy: string
      /** What sen ends with when this is the first problem. */
      readonly exitCode: number
    }

/** Something that was looked at. `details` is for programs. */
export type Check = Verdict & { readonly name: string; readonly details?: object }

/** A verdict as data, without what is sen's own. */
export function verdictData(verdict: Verdict): object {
  const { state, message } = verdict
  return state === 'ok' ? { state, message } : { state, message, remedy: verdict.remedy }
}

/** A failure as a problem: with the exit code that it has in every other command. */
export function problem(error: unknown, message: string, remedy: string): Verdict {
  return { state: 'problem', message, remedy, exitCode: failureOf(error).exitCode }
}
