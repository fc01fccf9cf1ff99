/** What a plugin says of itself. Frozen; all texts are the guest's. */
export interface PluginManifest {
  /** The version of the protocol that the plugin speaks: 2. */
  readonly apiVersion: number
  /** The one command that the plugin provides. */
  readonly command: CommandSpec
  /** What the plugin asks to be granted. Asking grants nothing. */
  readonly capabilities: Capabilities
}

/** A command as a user types it, with its arguments and subcommands. */
export interface CommandSpec {
  /** One word: letters, digits, `-`, `_`, `:`, `.`; at most 64 characters. */
  readonly name: string
  /** One line of help. */
  readonly about: string
  /** The command's own version, in whatever form. */
  readonly version?: string
  /** Who wrote it. */
  readonly author?: string
  /** Arguments and options, in the order in which help shows them. */
  readonly args: readonly ArgSpec[]
  /** Commands below this one, called as `NAME SUBCOMMAND`. */
  readonly subcommands: readonly CommandSpec[]
}

/** An argument (without `long` and `short`) or an option of a command. */
export interface ArgSpec {
  /** What the argument is called in help and messages. */
  readonly name: string
  /** The option's long form, without the dashes. */
  readonly long?: string
  /** The option's short form: one character. */
  readonly short?: string
  /** Whether the command cannot do without it. */
  readonly required: boolean
  /** One line of help; empty where the plugin gives none. */
  readonly help: string
  /** What help shows for the value, `FILE` for example. */
  readonly valueName?: string
  /** What the plugin takes where it is left out. */
  readonly defaultValue?: string
  /** The only values that it may have. Absent: any. */
  readonly possibleValues?: readonly string[]
}

/** What a plugin needs beyond computing. */
export interface Capabilities {
  /** Files to be read. */
  readonly fsRead: readonly PathPattern[]
  /** Files to be read and written. */
  readonly fsWrite: readonly PathPattern[]
  /** Exact names, or a prefix of at least three characters and `*`. */
  readonly envRead: readonly string[]
  /** Servers that effects of HTTP may go to. */
  readonly net: readonly NetPattern[]
  /** Standard streams, for WASI plugins. */
  readonly stdio: StdioCapability
}

/** Files that a plugin asks for. */
export interface PathPattern {
  /** Relative to the working directory, absolute, or beginning with `~/`. */
  readonly pattern: string
  /** The whole tree, rather than only entries directly inside. */
  readonly recursive: boolean
}

/** Servers that a plugin asks for. */
export interface NetPattern {
  /** A host name, `*.` and a suffix, or `*`. */
  readonly host: string
  /** Any port where absent. */
  readonly port?: number
  /** `http` is not part of `https`, nor the other way round. */
  readonly protocol: 'https' | 'http' | 'tcp'
}

/** Standard streams that a plugin asks for. */
export interface StdioCapability {
  /** Whether input can be read. */
  readonly stdin: boolean
  /** Whether output can be written. */
  readonly stdout: boolean
  /** Whether errors can be written. */
  readonly stderr: boolean
}

/** @internal Whether a plugin asks for anything at all. */
export function asksForNothing({ fsRead, fsWrite, envRead, net, stdio }: Capabilities): boolean {
  const lists = [fsRead, fsWrite, envRead, net]
  return lists.every(list => list.length === 0) && !(stdio.stdin || stdio.stdout || stdio.stderr)
}
