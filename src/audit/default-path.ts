import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import envPaths from 'env-paths'
import { checkApp } from '../directories.js'

/**
 * Where a program's audit is written down: `audit.jsonl` in the user's directory for its logs, which is
 * `$XDG_STATE_HOME/APP` (`~/.local/state/APP` where that is not set), `~/Library/Logs/APP` on macOS,
 * `%LOCALAPPDATA%\APP\Log` on Windows.
 *
 * @param app - The program's name: one path component. Default: `sen`, whose audit `sen audit show`
 *   shows when no file is named.
 */
export function defaultAuditPath(app = 'sen'): string {
  const { log } = envPaths(checkApp(app), { suffix: '' })
  // $XDG_STATE_HOME may be relative, which its specification says to ignore.
  return join(isAbsolute(log) ? log : join(homedir(), '.local', 'state', app), 'audit.jsonl')
}
