// Has a plugin sleep for an hour three times, ends each wait in another way, and prints how: aborted-sleep.mjs MODULE

import { PluginRegistry } from 'sen-plugin-host'

const [path] = process.argv.slice(2)
const abort = new AbortController()
const ended = []

for (const end of [
  () => abort.abort(),
  (registry, command) => registry.unload(command),
  registry => registry.close(),
]) {
  const registry = new PluginRegistry({ concurrency: 1 })
  const { command } = await registry.loadPlugin(path)
  const { signal } = ended.length === 0 ? abort : new AbortController()
  const sleeping = registry.execute(command.name, [], { signal })
  sleeping.catch(() => {})
  // One after the other: when these have been refused their effects, the first has been granted its own.
  for (let execution = 0; execution < 50; execution++) {
    await registry.execute(command.name, [], { limits: { maxEffects: 0 } }).catch(() => {})
  }
  await end(registry, command.name)
  ended.push(await sleeping.catch(({ name, code }) => [name, code]))
}
console.log(JSON.stringify(ended))
