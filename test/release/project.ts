import { execFile } from 'node:child_process'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './tarballs.js'

const consumer = fileURLToPath(new URL('consumer', import.meta.url))

/** The plugin that the programs run, and what it answers. */
export const plugin = join(root, 'examples', 'plugins', 'build', 'hello.wasm')
export const answer = 'Hello, World!\n'

/** A package manager that runs in Node. */
export type PackageManager = 'npm' | 'pnpm' | 'yarn'

/** How a command ended. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const scripts = {
  pnpm: join(root, 'node_modules', 'pnpm', 'bin', 'pnpm.cjs'),
  yarn: join(root, 'node_modules', '@yarnpkg', 'cli-dist', 'bin', 'yarn.js'),
}

/** A user's project in a directory of its own, with a home of its own: nothing of this machine's user is seen. */
export class Project {
  readonly directory: string
  readonly #home: string
  readonly #registry: string

  private constructor(directory: string, home: string, registry: string) {
    this.directory = directory
    this.#home = home
    this.#registry = registry
  }

  /** A new project below `parent`, with the consumer's programs and nothing installed, whose registry this is. */
  static async create(parent: string, name: string, registry: string): Promise<Project> {
    const directory = join(parent, name)
    const home = join(parent, `${name}-home`)
    await mkdir(home)
    await cp(consumer, directory, { recursive: true })
    await writeFile(join(directory, 'package.json'), JSON.stringify({ name: 'consumer', private: true }))
    return new Project(directory, home, registry)
  }

  file(name: string): string {
    return join(this.directory, name)
  }

  /** Runs a package manager, which knows this project's registry and no other. */
  manage(manager: PackageManager, ...args: string[]): Promise<Ended> {
    if (manager === 'npm') return this.#run('npm', args)
    return this.#run(process.execPath, [scripts[manager], ...args])
  }

  /** Runs a file of the project, or one elsewhere, in Node. */
  node(file: string, ...args: string[]): Promise<Ended> {
    return this.#run(process.execPath, [file, ...args])
  }

  /** Compiles the program in TypeScript, as strictly as can be, and checks the package's own declarations. */
  compile(): Promise<Ended> {
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules', '@types')]
    const lib = ['--lib', 'es2022,esnext.disposable', '--target', 'es2022', '--module', 'nodenext']
    return this.node(tsc, '--strict', ...types, ...lib, '--outDir', 'compiled', 'main.ts')
  }

  #run(command: string, args: readonly string[]): Promise<Ended> {
    const { PATH } = process.env
    const env = {
      PATH,
      HOME: this.#home,
      SEN_PLUGIN_HOST_CACHE: join(this.#home, 'cache'),
      npm_config_registry: this.#registry,
      npm_config_audit: 'false',
      npm_config_update_notifier: 'false',
      YARN_NPM_REGISTRY_SERVER: this.#registry,
      YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
      YARN_ENABLE_TELEMETRY: 'false',
    }
    return new Promise(resolve => {
      const options = { cwd: this.directory, env, timeout: 60_000 }
      execFile(command, args, options, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
      )
    })
  }
}
