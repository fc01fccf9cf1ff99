/** What a plugin says of itself. Frozen; all texts are the guest's. */
export interface PluginManifest {
  /** The version of the protocol that the plugin speaks: 2. */
  readonly apiVersion: number
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
  readonly version?: string
  readonly author?: string
  readonly args: readonly ArgSpec[]
  readonly subcommands: readonly CommandSpec[]
}

/** An argument (without `long` and `short`) or an option of a command. */
export interface ArgSpec {
  readonly name: string
  /** The option's long form, without the dashes. */
  readonly long?: string
  /** The option's short form: one character. */
  readonly short?: string
  readonly required: boolean
  readonly help: string
  /** What help shows for the value, `FILE` for example. */
  readonly valueName?: string
  readonly defaultValue?: string
  readonly possibleValues?: readonly string[]
}

/** What a plugin needs beyond computing. */
export interface Capabilities {
  readonly fsRead: readonly PathPattern[]
  readonly fsWrite: readonly PathPattern[]
  /** Exact names, or a prefix of at least three characters and `*`. */
  readonly envRead: readonly string[]
  readonly net: readonly NetPattern[]
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
  readonly protocol: 'https' | 'http' | 'tcp'
}

/** Standard streams that a plugin asks for. */
export interface StdioCapability {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
}

/** @internal Whether a plugin asks for anything at all. */
export function asksForNothing({ fsRead, fsWrite, envRead, net, stdio }: Capabilities): boolean {
  const lists = [fsRead, fsWrite, envRead, net]
  return lists.every(list => list.length === 0) && !(stdio.stdin || stdio.stdout || stdio.stderr)
}
