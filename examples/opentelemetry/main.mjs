// Runs plugins and prints the spans of it: npm run example:opentelemetry, in a clone that has been built.

import { fileURLToPath } from 'node:url'
import { BasicTracerProvider, ConsoleSpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { PluginRegistry } from 'sen-plugin-host'
import { tracePlugins } from './plugin-spans.mjs'

// In a program of your own: the provider that you have, with an exporter to where your traces go.
const provider = new BasicTracerProvider({
  spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter())],
})
const stop = tracePlugins(provider.getTracer('sen-plugin-host'))

const plugin = name => fileURLToPath(new URL(`../plugins/build/${name}.wasm`, import.meta.url))
const registry = new PluginRegistry()
await registry.loadPlugin(plugin('hello'))
await registry.loadPlugin(plugin('fail'))
await registry.execute('hello', ['Ada'])
// A fault, which is recorded on its span.
await registry.execute('fail', ['panic']).catch(() => {})
await registry.close()

stop()
await provider.shutdown()
