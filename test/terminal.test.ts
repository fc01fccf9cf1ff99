import { describe, expect, test } from 'vitest'
import { Terminal } from '../src/terminal.js'

class FakeStream {
  readonly isTTY: boolean
  readonly columns = 40
  text = ''

  constructor(isTTY: boolean) {
    this.isTTY = isTTY
  }

  write(text: string): void {
    this.text += text
  }
}

/** A terminal whose streams are what the test says, and what was written to them. */
function terminal({ stdout = false, stderr = false, env = {} }) {
  const streams = { stdout: new FakeStream(stdout), stderr: new FakeStream(stderr) }
  return { terminal: new Terminal(streams.stdout, streams.stderr, env), ...streams }
}

describe('colours', () => {
  test.each<[shown: boolean, where: string, isTerminal: boolean, env: Record<string, string>]>([
    [true, 'on a terminal', true, {}],
    [false, 'in a pipe', false, {}],
    [false, 'on a terminal with NO_COLOR', true, { NO_COLOR: '1' }],
    [true, 'on a terminal with an empty NO_COLOR', true, { NO_COLOR: '' }],
    [false, 'on a terminal that is dumb', true, { TERM: 'dumb' }],
    [true, 'in a pipe with FORCE_COLOR', false, { FORCE_COLOR: '1' }],
    [false, 'on a terminal with FORCE_COLOR=0', true, { FORCE_COLOR: '0' }],
    [false, 'with both NO_COLOR and FORCE_COLOR', true, { NO_COLOR: '1', FORCE_COLOR: '1' }],
  ])('%s: %s', (shown, _, isTerminal, env) => {
    const { terminal: subject } = terminal({ stdout: isTerminal, env })
    expect(subject.stdout.colors.isColorSupported).toBe(shown)
  })

  test('are decided for each stream', () => {
    const { terminal: subject } = terminal({ stdout: false, stderr: true })
    expect(subject.stdout.colors.isColorSupported).toBe(false)
    expect(subject.stderr.colors.isColorSupported).toBe(true)
  })
})

const HOSTILE = '\x1b]52;c;cHduZWQ=\x07\nforged'

describe('what a plugin answers', () => {
  test('is inert on a terminal', () => {
    const { terminal: subject, stdout } = terminal({ stdout: true, stderr: true })
    subject.pass(HOSTILE)
    expect(stdout.text).toBe('\\x1b]52;c;cHduZWQ=\\x07\nforged')
  })

  test('goes to a file or pipe byte for byte', () => {
    const { terminal: subject, stdout } = terminal({ stderr: true })
    subject.pass(HOSTILE)
    expect(stdout.text).toBe(HOSTILE)
  })
})

test.each([true, false])('notes, errors and receipts are inert, on a terminal or not: %s', isTerminal => {
  const { terminal: subject, stdout, stderr } = terminal({ stderr: isTerminal, env: { NO_COLOR: '1' } })
  subject.note(HOSTILE)
  subject.error(HOSTILE, HOSTILE)
  subject.receipt(HOSTILE)
  subject.pluginError('x\x1b', HOSTILE)
  subject.trace(HOSTILE)
  expect(stderr.text).not.toContain('\x1b')
  expect(stderr.text).not.toContain('\x07')
  expect(stdout.text).toBe('')
})

test('a message of several lines cannot pass for a message of sen itself', () => {
  const { terminal: subject, stderr } = terminal({})
  subject.note('a\nerror: forged')
  subject.error('a\nnote: forged')
  subject.pluginError('x', 'a\nerror: forged')
  expect(stderr.text.match(/^(?:note|error): /gm)).toHaveLength(2)
})

test('a terminal has a width, a pipe has none', () => {
  const { terminal: subject } = terminal({ stdout: true })
  expect(subject.stdout.width).toBe(40)
  expect(subject.stderr.width).toBeUndefined()
})

describe('what is said on a terminal', () => {
  const words = 'one two three four five six seven eight nine ten'

  test('is broken between words', () => {
    const { terminal: subject, stderr } = terminal({ stderr: true, env: { NO_COLOR: '1' } })
    subject.error(words, 'ERR_X')
    subject.note(`${words.slice(0, 20)} /${'long/'.repeat(20)}`)
    expect(stderr.text.split('\n')).toEqual([
      'error: one two three four five six seven',
      'eight nine ten (ERR_X)',
      'note: one two three four f',
      // The terminal breaks it, and knows that it is one.
      `/${'long/'.repeat(20)}`,
      '',
    ])
  })

  test('has its label and its code in colours, wherever it is broken', () => {
    const { terminal: subject, stderr } = terminal({ stderr: true })
    subject.error('one two three four five six seven eigh', 'ERR_X')
    expect(stderr.text).toBe(
      '\x1b[31merror:\x1b[39m one two three four five six seven\neigh \x1b[2m(ERR_X)\x1b[22m\n',
    )
  })

  test('is one line in a file or pipe', () => {
    const { terminal: subject, stderr } = terminal({})
    subject.error(`${words} ${words}`, 'ERR_X')
    expect(stderr.text).toBe(`error: ${words} ${words} (ERR_X)\n`)
  })
})
