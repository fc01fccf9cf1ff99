// Makes OpenTelemetry spans of what sen-plugin-host publishes on its diagnostics channels.

import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'

/**
 * Gives every call and every loading of a plugin a span of this tracer, a child of the caller's active span, and every
 * reload one without duration. Returns what stops it.
 */
export function tracePlugins(tracer) {
  const stops = [
    traceChannel('sen-plugin-host:execute', {
      begin: ({ command, digest, path, version, argCount, sync }) =>
        tracer.startSpan(`sen execute ${command}`, {
          kind: SpanKind.INTERNAL,
          attributes: attributes({ command, digest, path, version, arg_count: argCount, sync }),
        }),
      finish(span, { outcome, usage, result }) {
        span.setAttributes(
          attributes({
            outcome,
            // A bigint, which attributes cannot be.
            fuel: usage && Number(usage.fuelConsumed),
            duration_ms: usage?.durationMs,
            peak_memory_bytes: usage?.peakMemoryBytes,
            effects: usage?.effects,
            error_code: result?.code,
          }),
        )
        // Its own error, without the message: that is the plugin's text, or what the user wrote.
        if (outcome === 'error') span.setStatus({ code: SpanStatusCode.ERROR })
      },
    }),
    traceChannel('sen-plugin-host:load', {
      begin: ({ path }) => tracer.startSpan('sen load', { attributes: attributes({ path }) }),
      finish: (span, { bytes, digest, command }) =>
        span.setAttributes(attributes({ module_bytes: bytes, digest, command })),
    }),
  ]
  const reloaded = ({ command, path, digest, previousDigest }) =>
    tracer
      .startSpan(`sen reload ${command}`, {
        attributes: attributes({ command, path, digest, previous_digest: previousDigest }),
      })
      .end()
  subscribe('sen-plugin-host:reload', reloaded)
  stops.push(() => unsubscribe('sen-plugin-host:reload', reloaded))
  return () => {
    for (const stop of stops) stop()
  }
}

/** One span for each object that a tracing channel publishes. */
function traceChannel(name, { begin, finish }) {
  const spans = new WeakMap()
  const end = trace => {
    const span = spans.get(trace)
    // Begun before anybody listened.
    if (span === undefined) return
    spans.delete(trace)
    finish(span, trace)
    span.end()
  }
  const subscribers = {
    start: trace => void spans.set(trace, begin(trace)),
    // `executeSync` is over with `end`, everything else with `asyncEnd`.
    end: trace => trace.sync && end(trace),
    asyncEnd: end,
    error: trace => {
      const { error } = trace
      const span = spans.get(trace)
      span?.recordException(error instanceof Error ? error : String(error))
      span?.setStatus({ code: SpanStatusCode.ERROR, message: error?.code ?? error?.name ?? 'aborted' })
    },
  }
  const channel = tracingChannel(name)
  channel.subscribe(subscribers)
  return () => void channel.unsubscribe(subscribers)
}

/** Attributes under the prefix `sen.`, those left out that have no value. */
function attributes(values) {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[`sen.${name}`, value]])),
  )
}
