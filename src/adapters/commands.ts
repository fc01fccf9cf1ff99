import type { Command } from '../command/arguments.js'
import type { PluginManifest } from '../manifest.js'
import type { PluginRegistry } from '../registry.js'
import { named } from '../router/routes.js'
import { write } from '../router/run.js'
import { Router } from '../router.js'
import { Terminal } from '../terminal.js'
import type { AddPluginsOptions } from './options.js'

/** Where commands are added and removed as plugins come and go. */
export interface CommandList {
  add(command: Command): void
  remove(name: string): void
}

/** Keeps a list true to what a registry has; returns what ends that. What is listed then stays. */
export function follow(
  registry: PluginRegistry,
  { prefix }: AddPluginsOptions,
  list: CommandList,
): () => void {
  const before = prefix === undefined ? '' : `${prefix}:`
  const listed = new Map<string, PluginManifest>()
  const look = () => {
    const manifests = new Map(registry.getAllManifests().map(manifest => [manifest.command.name, manifest]))
    for (const [name, manifest] of listed) {
      if (manifests.get(name) === manifest) continue
      listed.delete(name)
      list.remove(before + name)
    }
    for (const [name, manifest] of manifests) {
      // A plugin cannot pass for the program's help.
      if (listed.has(name) || before + name === 'help') continue
      listed.set(name, manifest)
      list.add(named(manifest, before))
    }
  }
  look()
  return registry.follow(look)
}

/** Runs a plugin's command as a router does, and hands over what comes of it. */
export async function runPlugin(
  program: string,
  registry: PluginRegistry,
  { prefix, args, signal, respond }: AddPluginsOptions,
  words: readonly string[],
): Promise<void> {
  const router = new Router({ name: program === '' ? 'program' : program, agent: false }).plugins(registry, {
    ...(prefix === undefined ? {} : { prefix }),
    ...(args === undefined ? {} : { args }),
  })
  const response = await router.executeWith([program, '--', ...words], signal === undefined ? {} : { signal })
  if (respond === undefined) write(new Terminal(process.stdout, process.stderr, process.env), response)
  else await respond(response)
}
