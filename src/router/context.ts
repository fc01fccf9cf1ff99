import type { Argument } from '../command/arguments.js'
import type { ArgumentValue } from '../command/check.js'
import type { CommandSpec } from '../manifest.js'
import type { Reply, RouterResponse } from './response.js'

/** What a command is called with. */
export interface CommandContext<State = unknown> {
  /** The command as it was typed, without the program's name: `greet` or `db migrate`. */
  readonly command: string
  /** What the command says of itself. */
  readonly spec: CommandSpec
  /** The words after the command, as they were typed: what a plugin gets. */
  readonly args: readonly string[]
  /**
   * The values of the arguments that the command names, defaults included, by name. Empty for a
   * plugin, which reads its words itself.
   */
  readonly values: Readonly<Record<string, ArgumentValue>>
  /** What `withState` was given. */
  readonly state: State
  /** Aborted when the caller gives the command up; never, where the caller has no signal. */
  readonly signal: AbortSignal
}

/** Carries out a command of the program. What it throws is a response with `ERR_HANDLER`. */
export type Handler<State = unknown> = (context: CommandContext<State>) => Reply | Promise<Reply>

/**
 * Runs around commands: `next` runs the middleware after it, in the end the command, and resolves to
 * the response; it never rejects for what a command did, only with the reason of an abort. What the
 * middleware returns is the response; its text counts as the plugin's around a plugin's command, and is
 * shown inert on a terminal, unless it says `from: 'program'`.
 */
export type Middleware<State = unknown> = (
  context: CommandContext<State>,
  next: () => Promise<RouterResponse>,
) => Reply | Promise<Reply>

/** An argument of a program's own command. Without `long` and `short` it is called by its position. */
export interface RouteArg extends Partial<Omit<Argument, 'name'>> {
  readonly name: string
}

/** What a program's own command says of itself. */
export interface RouteOptions {
  /** One line of help. */
  readonly about?: string
  /**
   * Arguments and options, which are checked before the handler runs, and given to it in `values`.
   * Default: none are named, and all words are the handler's.
   */
  readonly args?: readonly RouteArg[]
  /** What help says of its version. */
  readonly version?: string
  /** What help says of its author. */
  readonly author?: string
}

/**
 * Whether words are checked against what a plugin says of itself before it runs (`check`), or are all
 * its own, `--help` included (`passthrough`). Default: `check`, which leaves the words of a plugin
 * that names neither arguments nor subcommands as they are, save for a `--help` in the first place.
 */
export type ArgsMode = 'check' | 'passthrough'
