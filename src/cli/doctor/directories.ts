import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { quote } from 'shlex'
import { moduleFiles } from '../../scanner.js'
import { failureOf } from '../failure.js'
import { displayPath, withoutPath } from '../paths.js'
import { counted } from '../units.js'
import { type Check, problem, type Verdict } from './check.js'

/** What to do about a directory, by what the system says of it. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: 'make it, or name another one',
  ENOTDIR: 'name the directory that plugins are in',
  EACCES: 'let this user read and search it (chmod u+rx), or name another one',
  EPERM: 'let this user read and search it (chmod u+rx), or name another one',
}

const OWN_DIRECTORY =
  'keep plugins in a directory that belongs to this user, and that nobody else may write to'
const STICKY = 0o1000

interface DirectoryReport {
  readonly path: string
  readonly check: Check
  /** Whether plugins can be loaded from it. */
  readonly readable: boolean
}

/** Looks at a directory of plugins; one that was not named need not be there. */
export async function examineDirectory(path: string, isNamed: boolean): Promise<DirectoryReport> {
  const report = (readable: boolean, verdict: Verdict, details: object = {}): DirectoryReport => {
    return { path, readable, check: { name: 'directory', ...verdict, details: { path, ...details } } }
  }
  const shown = displayPath(path)
  try {
    const files = (await moduleFiles(path)).length
    const message = `${shown}: ${counted(files, 'file')} that ${files === 1 ? 'ends' : 'end'} in .wasm`
    return report(true, ownership(await stat(path), message, shown), { files })
  } catch (error) {
    const { code, message } = failureOf(error)
    // ENOTDIR: here, or somewhere on the way, is something else.
    if (!isNamed && (code === 'ENOENT' || code === 'ENOTDIR'))
      return report(
        false,
        { state: 'ok', message: `${shown}: no such directory, which there need not be` },
        { code },
      )
    const remedy = REMEDIES[code] ?? 'see that it can be read, or name another one'
    return report(false, problem(error, `${shown}: ${withoutPath(message, path)}`, remedy), { code })
  }
}

/** Whether others can put code there. On Windows that is left to access control lists. */
function ownership({ mode, uid }: Stats, message: string, shown: string): Verdict {
  const user = process.geteuid?.()
  if (user === undefined) return { state: 'ok', message }
  if ((mode & 0o022) !== 0) {
    return {
      state: 'warning',
      message: `${message}; others may write to it, and so put plugins there`,
      // One that is for everybody, such as /tmp, is to stay so.
      remedy: uid === user && (mode & STICKY) === 0 ? `chmod go-w ${quote(shown)}` : OWN_DIRECTORY,
    }
  }
  if (uid !== user && uid !== 0) {
    return {
      state: 'warning',
      message: `${message}; it belongs to another user, who may put plugins there`,
      remedy: OWN_DIRECTORY,
    }
  }
  return { state: 'ok', message }
}
