// Runs an attempt on a host and judges what comes of it.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeFixture } from './fixture.mjs'

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url))
const GUEST = fileURLToPath(new URL('guest/build/escape.wasm', import.meta.url))
/** A host that has not answered by then has been held by its guest. */
const TIME_LIMIT_MS = 10_000

/**
 * Runs an attempt on a host, in a process of its own and with files of its own. The verdict is
 *
 * - `escaped`: the secret came out, or something that the guest may not change was changed,
 * - `hung`: the host was held, and had to be killed,
 * - `crashed`: the host's process ended,
 * - `held`: nothing of all this. `report` says how.
 */
export async function runAttempt(host, attempt) {
  const secret = `secret-${randomBytes(8).toString('hex')}`
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sen-scoreboard-')))
  try {
    makeFixture(root, secret)
    return judge(await inChild(host, attempt, root, secret), secret)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

function judge({ stdout, answer, isTimeUp, ended }, secret) {
  const report = `${stdout}${answer?.report ?? ''}`.trim()
  const changed = answer?.changed ?? []
  if (changed.length > 0) return { verdict: 'escaped', report: `changed ${changed.join(', ')}; ${report}` }
  if (report.includes(secret) || report.includes('ESCAPED')) return { verdict: 'escaped', report }
  if (isTimeUp) return { verdict: 'hung', report }
  return answer === undefined ? { verdict: 'crashed', report: ended } : { verdict: 'held', report }
}

function inChild(host, attempt, root, secret) {
  return new Promise((resolve, reject) => {
    const args = ['--no-warnings', CHILD, host, attempt, root, GUEST, secret]
    const child = spawn(process.execPath, args, {
      cwd: join(root, 'work'),
      env: { PATH: process.env.PATH, GRANTED: 'granted', SECRET: secret },
      // Standard input is a pipe that stays open and empty.
      stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
    })
    let stdout = ''
    let stderr = ''
    let answer
    let isTimeUp = false
    const timer = setTimeout(() => {
      isTimeUp = true
      child.kill('SIGKILL')
    }, TIME_LIMIT_MS)
    child.stdout.setEncoding('utf8').on('data', text => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', text => {
      stderr += text
    })
    child.on('message', message => {
      answer = message
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ stdout, answer, isTimeUp, ended: `${signal ?? `exit code ${code}`} ${stderr}`.trim() })
    })
  })
}
