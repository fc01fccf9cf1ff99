// A program with a router: `greet` and `escape-output` from the files in its first argument, then what was typed.
// With TRIM set, middleware answers with the text alone.

import { PluginLoader, Router } from 'sen-plugin-host'

const [files, ...words] = process.argv.slice(2)
const router = new Router({ name: 'app', version: '1.2.3' }).route('colored', () => '\x1b[32mgreen\x1b[39m')
if (process.env.TRIM) router.use(async (_, next) => (await next()).output.trim())
for (const file of files.split(',')) router.plugin(await new PluginLoader().load(file))
await router.run({ argv: ['app', ...words] })
