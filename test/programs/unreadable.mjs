// Loads and scans a file that it may not read, and prints what comes of it: unreadable.mjs FILE

import { chmodSync } from 'node:fs'
import { dirname } from 'node:path'
import { PluginLoader, PluginScanner } from 'sen-plugin-host'

const [path] = process.argv.slice(2)

chmodSync(dirname(path), 0o755)
chmodSync(path, 0)
// The addon first: its own file may be out of reach afterwards.
await new PluginLoader().load(new Uint8Array()).catch(() => {})
// root may read everything: be nobody.
if (process.geteuid() === 0) process.seteuid(65_534)

const loaded = await new PluginLoader().load(path).catch(({ code, path }) => ({ code, path }))
const { plugins, failures } = await new PluginScanner().scanDirectory(dirname(path))
const scanned = failures.map(({ path, error: { code, details, cause } }) => ({
  path,
  code,
  details,
  cause: { code: cause.code, path: cause.path },
}))
console.log(JSON.stringify({ loaded, plugins: plugins.length, scanned }))
