// Reads a file by a path relative to one working directory, then to another: wasi-moving.mjs DIRECTORY OTHER MODULE

import { PermissionPresets, PluginRegistry } from 'sen-plugin-host'

const [directory, other, path] = process.argv.slice(2)
const registry = new PluginRegistry({ permissions: PermissionPresets.testing() })
process.chdir(directory)
const { command } = await registry.loadPlugin(path)
const found = []
const read = async () => found.push((await registry.execute(command.name, ['/data/file'])).output)
const readSync = () => found.push(registry.executeSync(command.name, ['/data/file']).output)
await read()
process.chdir(other)
await read()
readSync()
process.chdir(directory)
readSync()
await read()
console.log(found.join(' '))
