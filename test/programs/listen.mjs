// Listens to executions in whatever program imports it. A subscriber that is called where JavaScript's stack is full
// throws, which Node reports as an exception that nobody caught.

import { tracingChannel } from 'node:diagnostics_channel'

process.on('uncaughtException', error => {
  if (!(error instanceof RangeError)) throw error
})
const hear = () => {}
tracingChannel('sen-plugin-host:execute').subscribe({
  start: hear,
  end: hear,
  asyncStart: hear,
  asyncEnd: hear,
  error: hear,
})
