// Uses the package on a system that this one is not, and prints how that fails: elsewhere.mjs PLATFORM ARCH

const [platform, arch] = process.argv.slice(2)
for (const [key, value] of Object.entries({ platform, arch })) Object.defineProperty(process, key, { value })

const { PluginRegistry } = await import('sen-plugin-host')
try {
  new PluginRegistry()
} catch ({ code, details }) {
  console.log(JSON.stringify({ code, details }))
}
