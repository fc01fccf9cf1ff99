import { invalidArgument } from './errors.js'
import { checkArgs, checkBoolean, checkInteger, checkOneOf, checkOptions, checkSignal } from './options.js'
import { handleOf, type LoadedPlugin } from './plugin.js'
import { PluginRegistry, type PluginRegistryOptions } from './registry.js'
import { withoutAgentFlag } from './router/agent.js'
import type { ArgsMode, Handler, Middleware, RouteOptions } from './router/context.js'
import { type Core, contains } from './router/core.js'
import { dispatch } from './router/dispatch.js'
import type { RouterResponse } from './router/response.js'
import { named, Routes } from './router/routes.js'
import { type RouterRunOptions, runProgram } from './router/run.js'
import { checkName, checkText, commandOf } from './router/spec.js'

/** What a program is called, and what its plugins may do. */
export interface RouterOptions {
  /** The program's name, for help and messages. */
  readonly name: string
  /** What `--version` says. Default: there is no such option. */
  readonly version?: string
  /** One line of help. */
  readonly about?: string
  readonly author?: string
  /** How words of plugins are treated, where a plugin is added without saying it. Default: `check`. */
  readonly args?: ArgsMode
  /** Whether `--agent` is understood; where it is not, it is a word like others. Default: true. */
  readonly agent?: boolean
  /** Limits, permissions and effects of plugins that are added with `plugin`, as of a registry. */
  readonly plugins?: PluginRegistryOptions
}

/** How a plugin's command is added. */
export interface PluginRouteOptions {
  /** Default: what the router was made with. */
  readonly args?: ArgsMode
}

/** How several plugins' commands are added. */
export interface PluginsRouteOptions extends PluginRouteOptions {
  /** What their names begin with: `db` for `db:NAME`. Default: nothing. */
  readonly prefix?: string
}

/** How a command line is carried out, and help laid out. */
export interface RouterExecuteOptions {
  /** Stops the command; the call rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Whether help has colours. Default: false. */
  readonly color?: boolean
  /** Columns that help keeps to. Default: none. */
  readonly width?: number
}

const ROUTER_OPTIONS = ['name', 'version', 'about', 'author', 'args', 'agent', 'plugins'] as const
const ARGS_MODES = ['check', 'passthrough'] as const

/**
 * A command-line program whose commands are handlers of its own and plugins, side by side. Gives
 * help at all levels from what commands say of themselves, checks what was typed before a command
 * runs, and answers programs with one JSON document (`--agent`).
 *
 * A name belongs to the program first (`route`, `nest`, `help`), then to plugins that were added one
 * by one, then to registries, in the order in which they were added. A plugin gets the words after
 * its command as they were typed; each execution has a pristine instance. By default a plugin can do
 * nothing but compute and sleep.
 *
 * `State` is what handlers are given by `withState`.
 */
export class Router<State = unknown> {
  readonly #name: string
  readonly #hasAgent: boolean
  readonly #plugins: PluginRegistryOptions | undefined
  readonly #core: Core

  /** @throws {PluginHostError} `ERR_INVALID_ARG`. */
  constructor(options: RouterOptions) {
    const { name, version, about, author, args, agent, plugins } = checkOptions(
      options,
      'options',
      ROUTER_OPTIONS,
    )
    if (checkText(name, 'options.name') === undefined || name === '')
      throw invalidArgument('options.name', 'must be a text')
    this.#name = name
    this.#hasAgent = agent === undefined ? true : checkBoolean(agent, 'options.agent')
    this.#plugins = plugins
    this.#core = {
      about: checkText(about, 'options.about') ?? '',
      version: checkText(version, 'options.version'),
      author: checkText(author, 'options.author'),
      args: args === undefined ? 'check' : checkOneOf(args, 'options.args', ARGS_MODES),
      routes: new Routes(),
      middleware: [],
    }
  }

  /**
   * Adds a command of the program's own.
   *
   * @param name - One word: letters, digits, `-`, `_`, `:`, `.`; at most 64 characters.
   * @throws {PluginHostError} `ERR_COMMAND_CONFLICT` where the program has that command already;
   *   `ERR_INVALID_ARG`.
   */
  route(name: string, handler: Handler<State>, options?: RouteOptions): this {
    checkName(name, 'name')
    if (typeof handler !== 'function') throw invalidArgument('handler', 'must be a function')
    this.#core.routes.addOwn(name, { kind: 'handler', spec: commandOf(name, options), handler })
    return this
  }

  /**
   * Adds all commands of another router as `NAME COMMAND`. Its middleware runs inside this one's. Its
   * commands get the state that it was given by its own `withState`, otherwise this router's.
   *
   * @throws {PluginHostError} As `route`.
   */
  nest(name: string, router: Router): this {
    checkName(name, 'name')
    if (!(router instanceof Router)) throw invalidArgument('router', 'must be a Router')
    if (contains(router.#core, this.#core))
      throw invalidArgument('router', 'must not contain the router that it is added to')
    this.#core.routes.addOwn(name, { kind: 'router', core: router.#core })
    return this
  }

  /**
   * Adds a plugin's command. Its executions have the limits, permissions and effects of this router's
   * option `plugins`.
   *
   * @throws {PluginHostError} `ERR_COMMAND_CONFLICT` where another plugin provides that command; a
   *   command of the program's own is no conflict, and is what runs. `ERR_INVALID_ARG`.
   */
  plugin(plugin: LoadedPlugin, options?: PluginRouteOptions): this {
    return this.pluginWithPrefix('', plugin, options)
  }

  /**
   * Adds a plugin's command as `PREFIX:NAME`, or as it is where the prefix is empty.
   *
   * @throws {PluginHostError} As `plugin`.
   */
  pluginWithPrefix(prefix: string, plugin: LoadedPlugin, options?: PluginRouteOptions): this {
    const before = checkPrefix(prefix, 'prefix')
    const { args } = checkOptions(options, 'options', ['args'])
    handleOf(plugin)
    const registry = new PluginRegistry(this.#plugins)
    let registered: Promise<unknown> | undefined
    const spec = named(plugin.manifest, before)
    this.#core.routes.addPlugin(spec.name, {
      spec,
      path: plugin.path,
      args: this.#argsMode(args),
      run: async (words, executeOptions) => {
        registered ??= registry.register(plugin)
        await registered
        return await registry.execute(plugin.manifest.command.name, words, executeOptions)
      },
    })
    return this
  }

  /**
   * Adds several plugins' commands, as `pluginWithPrefix` does, or those that a registry has, whenever
   * one is looked up: they come and go with its plugins, and run with its limits, permissions and
   * effects. A command that another plugin provides when it comes stays that plugin's.
   *
   * @throws {PluginHostError} `ERR_COMMAND_CONFLICT` where another plugin provides one of the commands
   *   that there are now; those before it in a list are added. `ERR_INVALID_ARG`.
   */
  plugins(source: PluginRegistry | readonly LoadedPlugin[], options?: PluginsRouteOptions): this {
    const { prefix = '', args } = checkOptions(options, 'options', ['prefix', 'args'])
    const before = checkPrefix(prefix, 'options.prefix')
    const mode = this.#argsMode(args)
    if (source instanceof PluginRegistry) {
      this.#core.routes.follow({ registry: source, prefix: before, args: mode })
      return this
    }
    if (!Array.isArray(source))
      throw invalidArgument('source', 'must be a PluginRegistry, or an array of plugins that were loaded')
    for (const plugin of source) this.pluginWithPrefix(prefix, plugin, { args: mode })
    return this
  }

  /**
   * Runs around each command, what was added first outermost; not around help, nor where what was
   * typed is wrong.
   */
  use(middleware: Middleware<State>): this {
    if (typeof middleware !== 'function') throw invalidArgument('middleware', 'must be a function')
    this.#core.middleware.push(middleware)
    return this
  }

  /**
   * Gives this state to handlers and middleware: those added before, and those added after, which
   * know its type. The same router.
   */
  withState<S extends State>(state: S): Router<S> {
    this.#core.state = { value: state }
    return this as unknown as Router<S>
  }

  /**
   * Does what a command line says. What was typed wrong, a plugin's errors and faults, and what a
   * handler throws are responses; this rejects only for wrong arguments of its own, and with the
   * reason of an abort.
   *
   * @param argv - The program's name or path, then the words: `process.argv.slice(1)`.
   * @throws {PluginHostError} `ERR_INVALID_ARG`.
   */
  async executeWith(argv: readonly string[], options?: RouterExecuteOptions): Promise<RouterResponse> {
    const [, ...typed] = checkArgs(argv)
    const { signal, color = false, width } = checkOptions(options, 'options', ['signal', 'color', 'width'])
    const how = {
      signal: checkSignal(signal),
      color: checkBoolean(color, 'options.color'),
      width: width === undefined ? undefined : checkInteger(width, 'options.width', 1, 2 ** 31),
      hasAgent: this.#hasAgent,
    }
    signal?.throwIfAborted()
    const { words, isAgent } = this.#hasAgent ? withoutAgentFlag(typed) : { words: typed, isAgent: false }
    return await dispatch(this.#core, this.#name, words, { ...how, isAgent })
  }

  /**
   * Does what this process was asked to: writes what comes of `process.argv` to stdout and stderr, and
   * sets the exit code. Colours and widths are the terminal's; what a plugin says is shown inert there.
   * When nobody reads stdout any more, the process ends quietly.
   *
   * @returns The response that was written.
   * @throws {PluginHostError} As `executeWith`.
   */
  async run(options?: RouterRunOptions): Promise<RouterResponse> {
    return await runProgram((argv, how) => this.executeWith(argv, how), options)
  }

  #argsMode(args: ArgsMode | undefined): ArgsMode {
    return args === undefined ? this.#core.args : checkOneOf(args, 'options.args', ARGS_MODES)
  }
}

/** What names begin with, its colon included. */
function checkPrefix(prefix: string, path: string): string {
  return prefix === '' ? '' : `${checkName(prefix, path)}:`
}
