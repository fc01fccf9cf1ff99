import type { Command } from '../command/arguments.js'
import type { EffectOptions } from '../effects/options.js'
import { PluginHostError } from '../errors.js'
import type { PluginManifest } from '../manifest.js'
import type { Executed, PluginRegistry } from '../registry.js'
import type { ArgsMode, Handler } from './context.js'
import type { Core } from './core.js'

/** Runs a plugin's command. */
export type PluginRun = (
  args: readonly string[],
  options: { readonly signal?: AbortSignal },
) => Promise<Executed<EffectOptions>>

/** What a name leads to. */
export type Route = OwnRoute | ({ readonly kind: 'plugin' } & PluginRoute)

/** A command of the program's own, or several below a name. */
export type OwnRoute =
  | { readonly kind: 'handler'; readonly spec: Command; readonly handler: Handler<never> }
  | { readonly kind: 'router'; readonly core: Core }

export interface PluginRoute {
  readonly spec: Command
  readonly run: PluginRun
  readonly args: ArgsMode
}

interface Followed {
  readonly registry: PluginRegistry
  readonly prefix: string
  readonly args: ArgsMode
}

interface AddedPlugin extends PluginRoute {
  /** The file that it comes from. */
  readonly path?: string | undefined
}

/**
 * The names that a router knows: the program's own first, then plugins that were added one by one,
 * then what registries have at the moment, in the order in which they were added. So no plugin ever
 * takes a name from the program, and a plugin that comes later none from one that was there.
 */
export class Routes {
  readonly #own = new Map<string, OwnRoute>()
  readonly #plugins = new Map<string, AddedPlugin>()
  readonly #registries: Followed[] = []

  /** @throws {PluginHostError} `ERR_COMMAND_CONFLICT` where the program has that name already. */
  addOwn(name: string, route: OwnRoute): void {
    if (this.#own.has(name)) throw conflict(name, 'the program')
    this.#own.set(name, route)
  }

  /** @throws {PluginHostError} `ERR_COMMAND_CONFLICT` where another plugin provides the command. */
  addPlugin(name: string, route: AddedPlugin): void {
    this.#refuseTaken(name, route.path)
    this.#plugins.set(name, route)
  }

  /** @throws {PluginHostError} `ERR_COMMAND_CONFLICT` where another plugin provides one of its commands. */
  follow(followed: Followed): void {
    for (const command of followed.registry.listCommands()) this.#refuseTaken(followed.prefix + command)
    this.#registries.push(followed)
  }

  /** A command of the program itself. */
  own(name: string): OwnRoute | undefined {
    return this.#own.get(name)
  }

  /** A plugin's command, as it is at the moment. */
  plugin(name: string): Route | undefined {
    const added = this.#plugins.get(name)
    if (added !== undefined) return { kind: 'plugin', ...added }
    for (const { registry, prefix, args } of this.#registries) {
      const command = name.startsWith(prefix) ? name.slice(prefix.length) : undefined
      const manifest = command === undefined ? undefined : registry.getManifest(command)
      if (command === undefined || manifest === undefined) continue
      const run: PluginRun = (words, options) => registry.execute(command, words, options)
      return { kind: 'plugin', spec: named(manifest, prefix), run, args }
    }
    return undefined
  }

  /** The program's own names, in the order in which they were added. */
  ownNames(): string[] {
    return [...this.#own.keys()]
  }

  /** Names of plugins' commands, each once, sorted within a registry. */
  pluginNames(): string[] {
    const followed = this.#registries.flatMap(({ registry, prefix }) =>
      registry.listCommands().map(command => prefix + command),
    )
    return [...new Set([...this.#plugins.keys(), ...followed])].filter(name => !this.#own.has(name))
  }

  #refuseTaken(name: string, path?: string): void {
    const owner = this.#plugins.get(name)
    if (owner !== undefined) throw conflict(name, owner.path ?? 'another plugin', path, owner.path)
    const isFollowed = this.#registries.some(
      ({ registry, prefix }) => name.startsWith(prefix) && registry.hasCommand(name.slice(prefix.length)),
    )
    if (isFollowed) throw conflict(name, 'a plugin of a registry', path)
  }
}

/** What a plugin says of itself, under the name that the router has for it. */
export function named({ command }: PluginManifest, prefix: string): Command {
  return { ...command, name: prefix + command.name }
}

function conflict(command: string, provider: string, path?: string, owner?: string): PluginHostError {
  const details = {
    command,
    ...(path === undefined ? {} : { path }),
    ...(owner === undefined ? {} : { owner }),
  }
  const message = `the command ${command} is already provided by ${provider}: give one of them another name, or a prefix`
  return new PluginHostError('ERR_COMMAND_CONFLICT', message, details)
}
