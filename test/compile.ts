import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const manifest = createRequire(import.meta.url).resolve('typescript/package.json')
const compiler = join(dirname(manifest), JSON.parse(await readFile(manifest, 'utf8')).bin.tsc)

/** Writes the settings that a user's project is compiled with. */
export async function writeSettings(directory: string): Promise<void> {
  const compilerOptions = {
    noEmit: true,
    strict: true,
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2022', 'esnext.disposable'],
    types: ['node'],
  }
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
}

/** What the compiler says of a user's project, line by line; nothing where it compiles. */
export async function compileProject(directory: string): Promise<string[]> {
  await writeSettings(directory)
  const { stdout } = spawnSync(process.execPath, [compiler, '--pretty', 'false', '-p', directory], {
    encoding: 'utf8',
    cwd: directory,
  })
  return stdout.split('\n').filter(line => line !== '')
}
