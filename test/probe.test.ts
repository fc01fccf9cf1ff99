import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PluginLoader, PluginRegistry } from 'sen-plugin-host'
import { guest } from './guest.js'
const show = (v: unknown) => JSON.stringify(v, (_, x) => typeof x === 'bigint' ? `${x}n` : x)
test('probe', async () => {
  for (const f of readdirSync('test/guests').filter(f => f.endsWith('.wat'))) {
    const name = f.slice(0, -4)
    const loader = new PluginLoader()
    const registry = new PluginRegistry()
    const out: string[] = []
    const t = performance.now()
    try {
      const p = await loader.load(await guest(name))
      for (const run of [() => p.instance.execute(['x']), async () => p.instance.executeSync(['x'])])
      try { const r = await run(); out.push('I ' + show(r).slice(0,150)) } catch (e: any) { out.push(`I ${e.code} ${show(e.details)?.slice(0,150)} ${e.message.slice(0,100)}`)}
      try { await registry.register(p) ; const r = await registry.execute(p.manifest.command.name, ['x']); out.push('R ' + show(r).slice(0,150)) } catch (e: any) { out.push(`R ${e.code} ${show(e.details)?.slice(0,150)}`)}
    } catch (e: any) { out.push(`L ${e.code} ${show(e.details)?.slice(0,150)} ${e.message?.slice(0,60)}`)}
    console.log(name, (performance.now()-t).toFixed(0), '\n   ' + out.join('\n   '))
  }
}, 100000)
