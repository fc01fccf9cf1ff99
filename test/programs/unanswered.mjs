// Asks on a terminal where nobody answers, while nothing else keeps the process.

import { PassThrough } from 'node:stream'
import { TerminalPermissionPrompt } from 'sen-plugin-host'

const input = Object.assign(new PassThrough(), { isTTY: true })
const output = { isTTY: true, write: () => {} }
const wanted = { fsRead: [], fsWrite: [], envRead: ['HOME'], net: [], stdio: {} }
const question = {
  request: { command: 'it', digest: 'blake3:', capabilities: wanted, capabilitiesHash: 'blake3:' },
  capabilities: wanted,
  granted: { ...wanted, envRead: [] },
  durations: ['once'],
  workingDirectory: '/work',
  home: '/home',
}
const prompt = new TerminalPermissionPrompt({ input, output, timeoutMs: 300 })
const { reason } = await prompt.ask(question, new AbortController().signal)
console.log(reason)
