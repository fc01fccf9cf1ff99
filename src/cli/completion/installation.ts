import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { quote } from 'shlex'
import type { Shell } from './scripts.js'

type Environment = Readonly<Record<string, string | undefined>>

/** Where a script goes, and what is left to do for the shell to find it there. */
interface Installation {
  readonly file: string
  readonly remaining: string
}

const NEXT_SHELL = 'open a new shell'

/** The place where a shell looks for completions of this user's, or the nearest there is to one. */
export function installationFor(shell: Shell, env: Environment, platform: NodeJS.Platform): Installation {
  const home = homedir()
  const data = absolute(env.XDG_DATA_HOME) ?? join(home, '.local', 'share')
  const config = absolute(env.XDG_CONFIG_HOME) ?? join(home, '.config')
  switch (shell) {
    case 'bash': {
      const directory = absolute(env.BASH_COMPLETION_USER_DIR) ?? join(data, 'bash-completion')
      return {
        file: join(directory, 'completions', 'sen'),
        remaining: `${NEXT_SHELL}; the package bash-completion, which looks there, has to be installed`,
      }
    }
    case 'zsh': {
      const file = join(data, 'zsh', 'site-functions', '_sen')
      const line = `fpath=(${quote(dirname(file))} $fpath)`
      return { file, remaining: `put ${line} before compinit in ~/.zshrc, and ${NEXT_SHELL}` }
    }
    case 'fish':
      return { file: join(config, 'fish', 'completions', 'sen.fish'), remaining: NEXT_SHELL }
    case 'powershell': {
      const directory =
        platform === 'win32' ? join(home, 'Documents', 'PowerShell') : join(config, 'powershell')
      const file = join(directory, 'sen.completion.ps1')
      const line = `. '${file.replaceAll("'", "''")}'`
      return { file, remaining: `add ${line} to the file that $PROFILE names, and ${NEXT_SHELL}` }
    }
  }
}

/** The specification of these variables says to ignore relative paths. */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined
}
