// Records so many events in an audit file, and says how it went: record-audit.mjs FILE COMMAND COUNT [OPTIONS] [END]
// OPTIONS are those of the sink, as JSON. END says what becomes of the process then: `exit` or `kill`, without a turn of
// the event loop in between, or it just ends.

import { FileAuditSink } from 'sen-plugin-host'

const [path, command, count, options = '{}', end] = process.argv.slice(2)
const sink = new FileAuditSink(path, JSON.parse(options))
let recorded = 0
try {
  while (recorded < Number(count)) {
    sink.record({
      time: new Date().toISOString(),
      type: 'used',
      command,
      digest: `blake3:${'0'.repeat(64)}`,
      details: { number: recorded, text: '.'.repeat((recorded * 37) % 300) },
    })
    recorded += 1
  }
} catch (error) {
  console.log(JSON.stringify({ recorded, code: error.code, path: error.path }))
}
if (end === 'exit') process.exit(0)
if (end === 'kill') process.kill(process.pid, 'SIGKILL')
