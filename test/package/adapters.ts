// Programs of commander's and yargs' that take plugins as commands, as their users' compilers see them.
import { Command } from 'commander'
import { Command as OldestCommand } from 'commander-12'
import type { PluginRegistry } from 'sen-plugin-host'
import { type AddPluginsOptions, addPlugins } from 'sen-plugin-host/commander'
import { addPlugins as addPluginsToYargs } from 'sen-plugin-host/yargs'
import yargs from 'yargs'

export async function adapters(registry: PluginRegistry): Promise<void> {
  const options: AddPluginsOptions = {
    prefix: 'x',
    respond: ({ exitCode, output }) => console.log(exitCode, output),
  }
  const program = new Command('app')
  const stop: () => void = addPlugins(program, registry, options)
  addPlugins(new OldestCommand('app'), registry)
  await program.parseAsync()
  stop()

  const other = yargs(process.argv.slice(2)).option('loud', { type: 'boolean' })
  addPluginsToYargs(other, registry)
  await other.parseAsync()
}
