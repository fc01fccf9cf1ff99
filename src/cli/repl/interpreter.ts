import { report } from '../failure.js'
import { BUILTINS } from './builtins.js'
import type { Session } from './session.js'

/** Carries out a command of the shell or of a plugin; returns its exit code. Failures are shown. */
export async function interpret(
  session: Session,
  [name, ...args]: readonly [string, ...string[]],
): Promise<number> {
  try {
    const builtin = BUILTINS.get(name)
    return builtin === undefined ? await session.run([name, ...args]) : await builtin.run(session, args)
  } catch (error) {
    return report(session.terminal, error, session.report)
  }
}
