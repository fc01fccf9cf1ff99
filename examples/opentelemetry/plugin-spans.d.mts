import type { Tracer } from '@opentelemetry/api'

export function tracePlugins(tracer: Tracer): () => void
