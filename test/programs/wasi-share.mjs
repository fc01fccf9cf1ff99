// Executes a plugin that reads the process's standard input eight times at once, and prints what each got: wasi-share.mjs
// MODULE

import { PermissionPresets, PluginRegistry } from 'sen-plugin-host'

const registry = new PluginRegistry({
  permissions: PermissionPresets.testing(),
  wasi: { stdio: 'inherit' },
  limits: { timeoutMs: 15_000 },
})
const { command } = await registry.loadPlugin(process.argv[2])
const readers = Array.from({ length: 8 }, () => registry.execute(command.name))
const answers = await Promise.all(readers)
console.log(answers.map(({ output, code }) => output ?? code).join(' '))
