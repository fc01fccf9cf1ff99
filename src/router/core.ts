import type { Command } from '../command/arguments.js'
import { compareNames } from '../suggestions.js'
import type { ArgsMode, Middleware } from './context.js'
import type { Route, Routes } from './routes.js'

/** What a router knows, once the types of its state are checked: what its builder made. */
export interface Core {
  readonly about: string
  readonly version?: string | undefined
  readonly author?: string | undefined
  readonly args: ArgsMode
  readonly routes: Routes
  readonly middleware: Middleware<never>[]
  /** What `withState` was given; absent where it was not called. */
  state?: { readonly value: unknown }
}

/** What a router says of itself, with all commands below it. */
export function describe(core: Core, name: string): Command {
  const { about, version, author } = core
  return {
    name,
    about,
    ...(version === undefined ? {} : { version }),
    ...(author === undefined ? {} : { author }),
    args: [],
    subcommands: namesIn(core).flatMap(command => {
      const route = find(core, command)
      return route === undefined ? [] : [specOf(command, route)]
    }),
  }
}

/** What a route says of itself. */
export function specOf(name: string, route: Route): Command {
  return route.kind === 'router' ? describe(route.core, name) : route.spec
}

/** What a name leads to at the moment. */
export function find({ routes }: Core, name: string): Route | undefined {
  return routes.own(name) ?? routes.plugin(name)
}

/** The program's own names in the order in which they were added, then those of plugins, sorted. */
export function namesIn({ routes }: Core): string[] {
  return [...routes.ownNames(), ...routes.pluginNames().sort(compareNames)]
}

/** Whether one router is another, or is nested in it. */
export function contains(core: Core, other: Core): boolean {
  if (core === other) return true
  return core.routes.ownNames().some(name => {
    const route = core.routes.own(name)
    return route?.kind === 'router' && contains(route.core, other)
  })
}
