import { type Argument, type Command, flagsOf } from '../command/arguments.js'
import {
  type ArgumentProblem,
  type ArgumentValue,
  checkArguments,
  problemOf,
  quote,
} from '../command/check.js'
import { HELP_FORMATS, renderHelp } from '../command/help.js'
import { suggestionsFor } from '../suggestions.js'
import { AGENT_FLAG, agentHelp, agentResponse } from './agent.js'
import type { CommandContext, Middleware } from './context.js'
import { type Core, describe, find, namesIn, specOf } from './core.js'
import {
  answerOf,
  failureOf,
  notFoundFailure,
  type RouterResponse,
  responseOf,
  usageFailure,
} from './response.js'
import type { Route } from './routes.js'

/** How a command line is carried out. */
export interface Dispatch {
  readonly signal: AbortSignal | undefined
  readonly color: boolean
  readonly width: number | undefined
  /** Whether programs are answered, with a document. */
  readonly isAgent: boolean
  /** Whether `--agent` is understood at all. */
  readonly hasAgent: boolean
}

/** Where on its way a command line is. */
interface Place {
  readonly core: Core
  /** What was typed to get here, the program's name first. */
  readonly path: readonly string[]
  readonly state: unknown
  /** Outermost first. */
  readonly middleware: readonly Middleware<never>[]
}

/** Help that was asked for, of a command or a router. */
interface HelpRequest {
  readonly command: Command
  readonly call: string
  readonly format?: string | undefined
  /** Options that are no parameters: those of a router. */
  readonly options?: readonly Argument[]
}

/**
 * Carries out the words of a command line: finds the command, checks its words, runs it inside the
 * middleware. Whatever comes of it is a response; only an abort rejects, with its reason.
 */
export async function dispatch(
  core: Core,
  name: string,
  words: readonly string[],
  how: Dispatch,
): Promise<RouterResponse> {
  const place: Place = { core, path: [name], ...inherited(core, { state: undefined, middleware: [] }) }
  return await new Dispatcher(how).enter(place, words)
}

class Dispatcher {
  readonly #how: Dispatch

  constructor(how: Dispatch) {
    this.#how = how
  }

  /** Carries out words that a router gets. */
  async enter(place: Place, words: readonly string[]): Promise<RouterResponse> {
    const { core, path } = place
    const [word, ...rest] = words
    if (word === undefined) return this.#finish(missingCommand(path))
    if (word === '--') return await this.#follow(place, rest)
    const [flag, format] = /^(--help)=(.*)$/s.exec(word)?.slice(1) ?? [word]
    if (flag === '--help' || flag === '-h') return this.#help(this.#helpOf(place, format))
    const isVersion = word === '--version' || word === '-V'
    if (isVersion && path.length === 1 && core.version !== undefined)
      return this.#finish({ exitCode: 0, output: `${path[0]} ${core.version}\n`, from: 'program' })
    if (word.startsWith('-')) return this.#finish(unknownOption(path, this.#optionsOf(place), word))
    return await this.#follow(place, words)
  }

  /** Carries out words of which the first is a command. */
  async #follow(place: Place, [name, ...rest]: readonly string[]): Promise<RouterResponse> {
    if (name === undefined) return this.#finish(missingCommand(place.path))
    const own = place.core.routes.own(name)
    // The program's own commands come first, and no plugin can pass for its help.
    if (own === undefined && name === 'help') return this.#helpFor(place, rest)
    const route = own ?? place.core.routes.plugin(name)
    if (route === undefined) return this.#finish(unknownCommand(place, name))
    if (route.kind !== 'router') return await this.#call(place, name, route, rest)
    return await this.enter(below(place, name, route.core), rest)
  }

  /** Checks the words of a command and runs it. */
  async #call(
    place: Place,
    name: string,
    route: Exclude<Route, { kind: 'router' }>,
    words: readonly string[],
  ): Promise<RouterResponse> {
    const call = [...place.path, name].join(' ')
    let values: Readonly<Record<string, ArgumentValue>> = Object.create(null)
    if (route.kind === 'handler' || route.args === 'check') {
      const checked = checkArguments(route.spec, words, call)
      if (checked.type === 'help') return this.#help(checked)
      if (checked.type === 'invalid')
        return this.#finish(usageFailure(checked.problem, `${call} --help says more`))
      if (route.kind === 'handler') values = checked.values
    }
    const command = [...place.path.slice(1), name].join(' ')
    const { signal } = this.#how
    const context: CommandContext<never> = {
      command,
      spec: route.spec,
      args: Object.freeze(words),
      values,
      // What the builder's types made sure of.
      state: place.state as never,
      signal: signal ?? new AbortController().signal,
    }
    const innermost = async () => {
      if (route.kind === 'handler') return responseOf(await route.handler(context), 'program')
      return answerOf(await route.run(words, signal === undefined ? {} : { signal }))
    }
    const whose = route.kind === 'handler' ? 'program' : 'plugin'
    const run = place.middleware.reduceRight<() => Promise<RouterResponse>>(
      (next, middleware) => () => this.#settle(() => around(middleware, context, next, whose)),
      () => this.#settle(innermost),
    )
    return this.#finish({ ...(await run()), command })
  }

  /** What a piece of work comes to; rejects where the caller gave up. */
  async #settle(work: () => Promise<RouterResponse>): Promise<RouterResponse> {
    try {
      return await work()
    } catch (error) {
      this.#how.signal?.throwIfAborted()
      return failureOf(error)
    }
  }

  /** `help`, `help COMMAND`, and `help ROUTER COMMAND`. */
  #helpFor(place: Place, words: readonly string[]): RouterResponse {
    const [name, ...rest] = words
    if (name === undefined || name === '--help' || name === '-h') return this.#help(this.#helpOf(place))
    // Help about help is what there is to get help about, unless the program has such a command itself.
    const isHelp = name === 'help' && place.core.routes.own(name) === undefined
    if (isHelp) return this.#helpFor(place, rest)
    const route = find(place.core, name)
    if (route === undefined) return this.#finish(unknownCommand(place, name))
    if (route.kind === 'router') return this.#helpFor(below(place, name, route.core), rest)
    let command = specOf(name, route)
    const path = [...place.path, name]
    for (const word of rest) {
      const { subcommands } = command
      const subcommand = subcommands.find(({ name }) => name === word)
      const names = subcommands.map(({ name }) => name)
      if (subcommand === undefined) return this.#finish(notFound(path, word, names))
      command = subcommand
      path.push(word)
    }
    return this.#help({ command, call: path.join(' ') })
  }

  #helpOf(place: Place, format?: string): HelpRequest {
    const call = place.path.join(' ')
    return {
      command: describe(place.core, place.path.at(-1) ?? ''),
      call,
      format,
      options: this.#optionsOf(place),
    }
  }

  #help({ command, call, format: asked, options = [] }: HelpRequest): RouterResponse {
    const { isAgent, color, width } = this.#how
    const format =
      asked === undefined ? (color ? 'ansi' : 'text') : HELP_FORMATS.find(format => format === asked)
    if (format === undefined) return this.#finish(unknownFormat([call], asked ?? ''))
    // Programs get one document, whatever format they name.
    if (isAgent) return agentHelp(command, call)
    const spec = { ...command, args: [...command.args, ...options] }
    const output = renderHelp(spec, format, { call, ...(width === undefined ? {} : { width }) })
    return { exitCode: 0, output, from: 'program' }
  }

  /** The options that a router itself understands. */
  #optionsOf({ core, path }: Place): Argument[] {
    const isOutermost = path.length === 1
    const flag = { required: false, flag: true }
    return [
      { ...flag, name: 'help', long: 'help', short: 'h', help: 'show help; --help=markdown as Markdown' },
      ...(isOutermost && core.version !== undefined
        ? [{ ...flag, name: 'version', long: 'version', short: 'V', help: 'show the version' }]
        : []),
      ...(isOutermost && this.#how.hasAgent
        ? [{ ...flag, name: 'agent', long: AGENT_FLAG, help: 'answer with one JSON document, for programs' }]
        : []),
    ]
  }

  #finish(response: RouterResponse): RouterResponse {
    return this.#how.isAgent ? agentResponse(response) : response
  }
}

/** What middleware replies: what a plugin said stays the plugin's, unless the reply says whose it is. */
async function around(
  middleware: Middleware<never>,
  context: CommandContext<never>,
  next: () => Promise<RouterResponse>,
  whose: RouterResponse['from'],
): Promise<RouterResponse> {
  let from = whose
  const reply = await middleware(context, async () => {
    const response = await next()
    if (response.from === 'plugin') from = 'plugin'
    return response
  })
  return responseOf(reply, from)
}

function below(place: Place, name: string, core: Core): Place {
  return { core, path: [...place.path, name], ...inherited(core, place) }
}

/** A router's state and middleware, inside those of the router around it. */
function inherited(
  core: Core,
  around: Pick<Place, 'state' | 'middleware'>,
): Pick<Place, 'state' | 'middleware'> {
  return {
    state: core.state === undefined ? around.state : core.state.value,
    middleware: [...around.middleware, ...core.middleware],
  }
}

function missingCommand(path: readonly string[]): RouterResponse {
  return wrongUsage(path, 'missing-argument', 'COMMAND', 'a command is missing')
}

function unknownCommand({ core, path }: Place, name: string): RouterResponse {
  return notFound(path, name, [...namesIn(core), 'help'])
}

function notFound(path: readonly string[], name: string, names: readonly string[]): RouterResponse {
  const call = path.join(' ')
  const suggestions = suggestionsFor(name, names)
  const message = `${call} has no command ${quote(name)}`
  const problem = problemOf({ kind: 'unknown-subcommand', argument: name, message, usage: call, suggestions })
  return notFoundFailure(name, problem, `${call} --help lists the commands`)
}

function unknownOption(path: readonly string[], options: readonly Argument[], word: string): RouterResponse {
  const [flag = word] = word.split('=')
  const message = `${path.join(' ')} has no option ${quote(flag)}`
  return wrongUsage(path, 'unknown-option', flag, message, suggestionsFor(flag, options.flatMap(flagsOf)))
}

function unknownFormat(path: readonly string[], format: string): RouterResponse {
  const message = `${quote(format)} is no format of help: choose one of ${HELP_FORMATS.join(', ')}`
  return wrongUsage(path, 'invalid-value', 'help', message, suggestionsFor(format, HELP_FORMATS))
}

function wrongUsage(
  path: readonly string[],
  kind: ArgumentProblem['kind'],
  argument: string,
  message: string,
  suggestions: readonly string[] = [],
): RouterResponse {
  const call = path.join(' ')
  const problem = problemOf({ kind, argument, message, usage: `${call} [OPTIONS] <COMMAND>`, suggestions })
  return usageFailure(problem, `${call} --help says more`)
}
