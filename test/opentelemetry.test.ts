import { SpanStatusCode } from '@opentelemetry/api'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { PluginLoader, PluginRegistry } from 'sen-plugin-host'
import { describe, expect, onTestFinished, test } from 'vitest'
import { tracePlugins } from '../examples/opentelemetry/plugin-spans.mjs'
import { endless } from './calls.js'
import { fault, rejection } from './fault.js'
import { guest, guestFile, temporaryDirectory } from './guest.js'

describe('the example for OpenTelemetry', () => {
  test('makes one span of a call, with what it used', async () => {
    const registry = await registryOf('echo')
    const spans = traced()
    const { usage } = await registry.execute('echo', ['a secret'])
    registry.executeSync('echo', ['a secret'])
    expect(spans()).toHaveLength(2)
    for (const [index, sync] of [false, true].entries()) {
      const { name, attributes, status } = spans()[index] as ReadableSpan
      expect(name).toBe('sen execute echo')
      expect(attributes).toEqual({
        'sen.command': 'echo',
        'sen.digest': expect.stringMatching(/^blake3:/),
        'sen.arg_count': 1,
        'sen.sync': sync,
        'sen.outcome': 'success',
        'sen.fuel': Number(usage.fuelConsumed),
        'sen.duration_ms': expect.any(Number),
        'sen.peak_memory_bytes': usage.peakMemoryBytes,
        'sen.effects': 0,
      })
      expect(status.code).toBe(SpanStatusCode.UNSET)
    }
  })

  test('marks the spans of errors, and records faults and aborts', async () => {
    const registry = await registryOf('error-code-42', 'trap-unreachable', 'forever')
    const spans = traced()
    await registry.execute('error-code-42')
    await fault('ERR_TRAP', registry.execute('trap-unreachable'))
    const abort = new AbortController()
    const call = rejection(registry.execute('forever', [], { limits: endless, signal: abort.signal }))
    abort.abort()
    await call
    const [error, trap, aborted] = spans()
    expect(error?.attributes).toMatchObject({ 'sen.outcome': 'error', 'sen.error_code': 42 })
    expect(error?.status).toEqual({ code: SpanStatusCode.ERROR })
    expect(error?.events).toEqual([])
    expect(trap?.attributes).toMatchObject({ 'sen.outcome': 'fault', 'sen.fuel': expect.any(Number) })
    expect(trap?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'ERR_TRAP' })
    expect(trap?.events).toMatchObject([{ name: 'exception' }])
    expect(aborted?.attributes).toMatchObject({ 'sen.outcome': 'fault' })
    expect(aborted?.events).toMatchObject([{ name: 'exception' }])
  })

  test('makes spans of loading and of reloads, until it is stopped', async () => {
    const path = await guestFile(await temporaryDirectory(), 'echo')
    const registry = new PluginRegistry()
    const spans = traced()
    await registry.loadPlugin(path)
    await registry.loadPlugin(path)
    await fault('ERR_INVALID_MODULE', new PluginLoader().load(new Uint8Array(3)))
    expect(spans().map(({ name }) => name)).toEqual(['sen load', 'sen load', 'sen reload echo', 'sen load'])
    expect(spans()[0]?.attributes).toMatchObject({ 'sen.path': path, 'sen.command': 'echo' })
    expect(spans()[3]?.attributes).toEqual({ 'sen.module_bytes': 3 })
    expect(spans()[3]?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'ERR_INVALID_MODULE' })
    spans.stop()
    await registry.loadPlugin(path)
    await registry.execute('echo')
    expect(spans()).toHaveLength(4)
  })
})

async function registryOf(...guests: string[]): Promise<PluginRegistry> {
  const registry = new PluginRegistry()
  for (const name of guests) await registry.loadPlugin(await guest(name))
  return registry
}

/** The spans that have ended since, in that order. */
function traced(): { (): ReadableSpan[]; stop(): void } {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const stop = tracePlugins(provider.getTracer('test'))
  onTestFinished(stop)
  return Object.assign(() => exporter.getFinishedSpans(), { stop })
}
