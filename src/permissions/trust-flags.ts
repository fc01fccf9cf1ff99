import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { invalidArgument } from '../errors.js'
import { checkOptions } from '../options.js'
import { DIGEST } from './grant.js'
import type { PermissionRequest } from './request.js'

/**
 * What somebody trusts on the command line. It is granted all that it asks for, but for what is on a deny
 * list, as long as the registry; nothing is remembered.
 */
export interface TrustFlags {
  /** Plugins by digest (`blake3:…`) or by file. */
  readonly plugins?: readonly string[]
  /** Plugins by their command's name, whatever code has it. */
  readonly commands?: readonly string[]
}

const FLAGS = { '--trust-plugin': 'plugins', '--trust-command': 'commands' } as const

/**
 * Takes `--trust-plugin=FILE|DIGEST` and `--trust-command=NAME` out of arguments, up to `--`.
 *
 * @returns The flags, and the arguments without them.
 * @throws {PluginHostError} `ERR_INVALID_ARG` for a flag without a value.
 */
export function parseTrustFlags(args: readonly string[]): {
  readonly trustFlags: TrustFlags
  readonly rest: string[]
} {
  const found = { plugins: [] as string[], commands: [] as string[] }
  const rest: string[] = []
  const end = args.includes('--') ? args.indexOf('--') : args.length
  for (let index = 0; index < end; index += 1) {
    const arg = args[index] ?? ''
    const flag = Object.entries(FLAGS).find(([name]) => arg === name || arg.startsWith(`${name}=`))
    if (flag === undefined) {
      rest.push(arg)
      continue
    }
    const [name, kind] = flag
    if (arg === name) index += 1
    const value = arg === name ? (index < end ? args[index] : undefined) : arg.slice(name.length + 1)
    if (!value) throw invalidArgument(name, 'needs a value')
    found[kind].push(value)
  }
  return { trustFlags: found, rest: [...rest, ...args.slice(end)] }
}

/** @internal Flags that can be asked about a request. */
export class CheckedTrustFlags {
  readonly #digests = new Set<string>()
  readonly #files = new Set<string>()
  readonly #commands: ReadonlySet<string>

  constructor(flags: TrustFlags | undefined, path: string) {
    const { plugins, commands } = checkOptions(flags, path, ['plugins', 'commands'])
    this.#commands = new Set(texts(commands, `${path}.commands`))
    for (const plugin of texts(plugins, `${path}.plugins`)) {
      if (DIGEST.test(plugin)) this.#digests.add(plugin)
      else this.#files.add(resolve(plugin)).add(real(resolve(plugin)))
    }
  }

  trusts({ digest, path, command }: PermissionRequest): boolean {
    const [name = command] = command.split(' ')
    return (
      this.#digests.has(digest) || this.#commands.has(name) || (path !== undefined && this.#files.has(path))
    )
  }
}

function texts(value: unknown, path: string): readonly string[] {
  if (value === undefined) return []
  if (!Array.isArray(value) || value.some(text => typeof text !== 'string' || text === ''))
    throw invalidArgument(path, 'must be an array of texts')
  return value
}

/** The file behind links; the path itself where there is none. */
function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
