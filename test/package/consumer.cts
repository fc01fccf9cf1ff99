// A CommonJS program in TypeScript: the package's classes as values and as types, and no other types than the ES module's.
import host = require('sen-plugin-host')
import commander = require('sen-plugin-host/commander')
import yargs = require('sen-plugin-host/yargs')

import {
  type ExecuteResult,
  isPluginHostError,
  type PluginHostErrorCode,
  type PluginRegistry,
} from 'sen-plugin-host'

async function main(): Promise<void> {
  const registry: PluginRegistry = new host.PluginRegistry({ limits: { fuel: 1_000_000 } })
  const result: ExecuteResult = await registry.execute('hello', ['World'])
  console.log(result.type === 'success' ? result.output : result.usage.fuelConsumed)

  const adapters: ((...args: never[]) => () => void)[] = [commander.addPlugins, yargs.addPlugins]
  console.log(adapters.length)

  const { PluginRegistry: Imported } = await import('sen-plugin-host')
  const same: PluginRegistry = new Imported()
  await same.close()
}

main().catch((error: unknown) => {
  const code: PluginHostErrorCode | undefined = isPluginHostError(error) ? error.code : undefined
  if (isPluginHostError(error, 'ERR_FUEL_EXHAUSTED')) console.error(error.details.usage.fuelConsumed)
  console.error(code)
})
