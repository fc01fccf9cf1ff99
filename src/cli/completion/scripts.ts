import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The shells that there is a script for. */
export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const

export type Shell = (typeof SHELLS)[number]

const FILES: Readonly<Record<Shell, string>> = {
  bash: 'sen.bash',
  zsh: '_sen',
  fish: 'sen.fish',
  powershell: 'sen.ps1',
}

/** The script that teaches a shell to complete sen: a file of the package. */
export async function completionScript(shell: Shell): Promise<string> {
  const root = dirname(createRequire(import.meta.url).resolve('sen-plugin-host/package.json'))
  return await readFile(join(root, 'completions', FILES[shell]), 'utf8')
}
