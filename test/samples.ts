import { spawn } from 'node:child_process'
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { transform } from 'esbuild'
import { type Ended, projectRoot, RunningSen } from './cli/sen.js'
import { plugin, temporaryDirectory } from './guest.js'
import type { Sample } from './pages.js'

const PLUGINS = ['hello', 'greet', 'spin', 'wc', 'rot13', 'rev', 'fetch', 'cat', 'env', 'tee']

/** A reader's project: it has the package installed, plugins, and what they are granted. Gone when the test is over. */
export async function readersProject(): Promise<string> {
  const directory = await temporaryDirectory()
  const modules = join(directory, 'node_modules')
  await mkdir(modules)
  await symlink(projectRoot, join(modules, 'sen-plugin-host'), 'junction')
  for (const name of ['@types', 'commander', 'yargs'])
    await symlink(join(projectRoot, 'node_modules', name), join(modules, name), 'junction')
  for (const folder of ['examples', 'plugins', 'data', 'out', 'home', 'bin'])
    await mkdir(join(directory, folder))
  await symlink(join(projectRoot, 'examples', 'plugins'), join(directory, 'examples', 'plugins'), 'junction')
  for (const name of PLUGINS) await copyFile(plugin(name), join(directory, 'plugins', `${name}.wasm`))
  await writeFile(join(directory, 'data', 'notes.txt'), 'remember the milk\n')
  const npx = `#!/bin/sh\nshift\nexec "${process.execPath}" "${join(projectRoot, 'dist', 'sen.cjs')}" "$@"\n`
  await writeFile(join(directory, 'bin', 'npx'), npx, { mode: 0o755 })
  return directory
}

/** A sample in TypeScript as the file of a reader's project, whole. */
export function program({ code, notes }: Sample): string {
  return `${notes.before === undefined ? '' : `${notes.before}\n`}${code}`
}

/** The file of a sample in JavaScript or TypeScript, for `node`. */
async function runnable(sample: Sample, directory: string): Promise<string> {
  const isModule = sample.language === 'ts'
  const file = join(directory, isModule ? 'app.mjs' : 'app.cjs')
  // What Node 20 does not know yet, such as `await using`, becomes what it does.
  const { code } = await transform(program(sample), {
    loader: 'ts',
    target: 'node20.19',
    format: isModule ? 'esm' : 'cjs',
  })
  await writeFile(file, code)
  return file
}

/** Runs a sample to its end, in a reader's project. */
export async function run(sample: Sample, directory: string, args: readonly string[] = []): Promise<Ended> {
  const [command, ...words] =
    sample.language === 'sh'
      ? ['sh', '-e', '-c', program(sample)]
      : [process.execPath, await runnable(sample, directory), ...args]
  const child = spawn(command ?? '', words, {
    cwd: directory,
    env: environment(directory),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return await new RunningSen(child).ended
}

function environment(directory: string): NodeJS.ProcessEnv {
  const home = join(directory, 'home')
  return {
    SEN_PLUGIN_HOST_CACHE: process.env.SEN_PLUGIN_HOST_CACHE,
    PATH: `${join(directory, 'bin')}${delimiter}${process.env.PATH}`,
    HOME: home,
    XDG_DATA_HOME: join(home, 'data'),
    XDG_STATE_HOME: join(home, 'state'),
    XDG_CONFIG_HOME: join(home, 'config'),
  }
}

/** Whether a file of the project has the sample's lines, one after the other. */
export async function isOfFile({ code }: Sample, file: string): Promise<boolean> {
  const text = await readFile(join(projectRoot, file), 'utf8')
  return `\n${text}`.includes(`\n${code}`)
}

/** Puts a sample where those after it find it. */
export async function save(sample: Sample, directory: string, file: string): Promise<void> {
  const path = join(directory, file)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, sample.code)
}
