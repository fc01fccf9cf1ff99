import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { invalidArgument } from './errors.js'

/**
 * Where a program's plugins are looked for: the user's data directory for it, then `./plugins`.
 * The first is `$XDG_DATA_HOME/APP/plugins` (`~/.local/share` where that is not set),
 * `~/Library/Application Support/APP/plugins` on macOS, `%LOCALAPPDATA%\APP\plugins` on Windows.
 *
 * @param app - The program's name: one path component.
 */
export function defaultPluginDirs(app: string): string[] {
  return [join(userDataDirectory(), checkApp(app), 'plugins'), resolve('plugins')]
}

/** @internal A program's name, as one component of a path. */
export function checkApp(app: unknown): string {
  if (typeof app !== 'string' || app === '' || app === '.' || app === '..' || /[/\\\0]/.test(app)) {
    throw invalidArgument('app', 'must be the name of a program')
  }
  return app
}

function userDataDirectory(): string {
  const { platform, env } = process
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support')
  if (platform === 'win32') return env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local')
  // The specification says to ignore relative paths.
  const xdg = env.XDG_DATA_HOME
  return xdg?.startsWith('/') ? xdg : join(homedir(), '.local', 'share')
}
