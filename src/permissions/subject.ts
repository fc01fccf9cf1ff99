import { hashOf } from '../capabilities.js'
import type { CommandSpec, PluginManifest } from '../manifest.js'
import type { PermissionRequest } from './request.js'

/** The plugin of a registry that wants to run. */
export interface Subject {
  readonly command: string
  readonly digest: string
  readonly path?: string | undefined
  readonly manifest: PluginManifest
}

const hashes = new WeakMap<PluginManifest, string>()

/** What is executed of a plugin: its command, or, with `byCommand`, the subcommand that the arguments begin with. */
export function commandOf(subject: Subject, args: readonly string[], byCommand: boolean): string {
  return byCommand ? subcommand(subject.manifest.command, subject.command, args) : subject.command
}

/** What a plugin asks for when this command of it is executed. */
export function requestOf({ digest, path, manifest }: Subject, command: string): PermissionRequest {
  let capabilitiesHash = hashes.get(manifest)
  if (capabilitiesHash === undefined) {
    capabilitiesHash = hashOf(manifest.capabilities)
    hashes.set(manifest, capabilitiesHash)
  }
  return {
    command,
    digest,
    ...(path === undefined ? {} : { path }),
    about: manifest.command.about,
    capabilities: manifest.capabilities,
    capabilitiesHash,
  }
}

/** The command with the subcommands that its arguments begin with. */
function subcommand(spec: CommandSpec, command: string, args: readonly string[]): string {
  const [first, ...rest] = args
  const found = spec.subcommands.find(({ name }) => name === first)
  return found === undefined ? command : subcommand(found, `${command} ${found.name}`, rest)
}
