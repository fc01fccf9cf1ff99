import { homedir } from 'node:os'
import { PassThrough } from 'node:stream'
import {
  type Capabilities,
  type PermissionAnswer,
  type PermissionQuestion,
  TerminalPermissionPrompt,
} from 'sen-plugin-host'
import { describe, expect, onTestFinished, test } from 'vitest'
import { rejection } from '../fault.js'
import { full } from './asking.js'
import { digest } from './grants.js'

const CSI = '\x1b[2J\x1b]52;c;ZXZpbA==\x07'

/** A terminal: what is typed into it, and what it shows. */
function terminal({ isTTY = [true, true] }: { isTTY?: readonly [boolean, boolean] } = {}) {
  const input = Object.assign(new PassThrough(), { isTTY: isTTY[0] })
  onTestFinished(() => void input.destroy())
  let shown = ''
  let hear = () => {}
  const output = {
    isTTY: isTTY[1],
    write: (text: string) => {
      shown += text
      hear()
    },
  }
  return {
    input,
    output,
    shown: () => shown,
    /** Waits until a text has been shown so many times, then types a line. */
    async type(line: string, after: string, times = 1): Promise<void> {
      while (shown.split(after).length <= times) await new Promise<void>(resolve => (hear = resolve))
      input.write(`${line}\n`)
    },
  }
}

function question(
  capabilities: Parameters<typeof full>[0],
  changes: Partial<PermissionQuestion> = {},
): PermissionQuestion {
  const asked = full(capabilities) as Capabilities
  return {
    request: {
      command: 'it',
      digest: digest('a'),
      path: '/plugins/it.wasm',
      about: 'A test',
      capabilities: asked,
      capabilitiesHash: digest('b'),
    },
    capabilities: asked,
    granted: full({}) as Capabilities,
    durations: ['once', 'session', 'always'],
    workingDirectory: '/work',
    home: homedir(),
    ...changes,
  }
}

const three = {
  fsRead: [{ pattern: './data', recursive: true }],
  fsWrite: [{ pattern: '/out', recursive: false }],
  net: [{ host: 'example.test', protocol: 'https' as const }],
}
const never = new AbortController().signal

/** What comes of typing these lines, each when its question is there. */
async function answers(
  lines: readonly (readonly [line: string, after: string, times?: number])[],
  changes: Partial<PermissionQuestion> = {},
): Promise<PermissionAnswer> {
  const { input, output, type } = terminal()
  const asked = new TerminalPermissionPrompt({ input, output }).ask(question(three, changes), never)
  for (const [line, after, times] of lines) await type(line, after, times)
  return await asked
}

describe('a prompt on the terminal', () => {
  test.each([
    ['o', { type: 'grant', duration: 'once' }],
    ['once', { type: 'grant', duration: 'once' }],
    ['s', { type: 'grant', duration: 'session' }],
    [' Always ', { type: 'grant', duration: 'always' }],
    ['n', { type: 'deny' }],
    ['NO', { type: 'deny' }],
  ])('takes %j', async (line, answer) => {
    expect(await answers([[line, 'Allow it?']])).toEqual(answer)
  })

  test.each(['', 'y', 'yes', 'alw', 'once more', '\x1b[A'])('asks again for %j', async line => {
    const answer = await answers([
      [line, 'Allow it?'],
      ['n', 'Allow it?', 2],
    ])
    expect(answer).toEqual({ type: 'deny' })
  })

  test('grants some of it', async () => {
    const answer = await answers([
      ['c', 'Allow it?'],
      // The highest risk, writing, comes last.
      ['1, 2', 'Which?'],
      ['s', 'For how long?'],
    ])
    const { fsRead, net } = three
    expect(answer).toEqual({ type: 'grant', duration: 'session', capabilities: full({ fsRead, net }) })
  })

  test.each(['', '0', '4', '1 4', '-1', '1.5', 'all', '1e0'])('has no item %j to choose', async numbers => {
    const answer = await answers([
      ['c', 'Allow it?'],
      [numbers, 'Which?'],
      ['none', 'Which?', 2],
    ])
    expect(answer).toEqual({ type: 'deny' })
  })

  test('offers no more than it may', async () => {
    const answer = await answers(
      [
        ['always', 'Allow it?'],
        ['c', 'Allow it?', 2],
        ['3', 'Which?'],
      ],
      { durations: ['once'] },
    )
    expect(answer).toEqual({
      type: 'grant',
      duration: 'once',
      capabilities: full({ fsWrite: three.fsWrite }),
    })
  })

  test('shows plugin, file, digest, and every capability in plain words with its risk', async () => {
    const { input, output, type, shown } = terminal()
    const all = {
      ...three,
      envRead: ['HOME', 'MY_*'],
      stdio: { stdin: true, stdout: true, stderr: true },
    }
    const asked = new TerminalPermissionPrompt({ input, output }).ask(question(all), never)
    await type('n', 'Allow it?')
    await asked
    for (const text of [
      'it asks for permission',
      '"A test"',
      '/plugins/it.wasm',
      digest('a'),
      '(8)',
      'read ./data (here /work/data), with everything below',
      'write, create and delete in /out, what is directly inside',
      'environment variable HOME',
      'begin with MY_',
      'example.test by https, at any port',
      'standard input',
      'standard output',
      'standard error',
    ])
      expect(shown()).toContain(text)
    expect(shown().split(' risk: ')).toHaveLength(9)
  })

  test.each([
    ['the home directory', '~', 'high'],
    ['what is above it', '~/..', 'high'],
    ['everything', '/', 'high'],
    ['a directory in it', '~/x', 'medium'],
  ])('calls it a risk to read %s', async (_, pattern, level) => {
    const { input, output, type, shown } = terminal()
    const reads = { fsRead: [{ pattern, recursive: true }] }
    const asked = new TerminalPermissionPrompt({ input, output }).ask(question(reads), never)
    await type('n', 'Allow it?')
    await asked
    expect(shown()).toContain(`${level} risk`)
  })

  test('has the highest risks last, and how many there are above the question', async () => {
    const { input, output, type, shown } = terminal()
    const some = { ...three, fsRead: [{ pattern: '~', recursive: true }], stdio: { stdout: true } }
    const asked = new TerminalPermissionPrompt({ input, output }).ask(question(some), never)
    await type('n', 'Allow it?')
    await asked
    expect(shown().match(/\w+(?= risk:)/g)).toEqual(['low', 'medium', 'high', 'high'])
    expect(shown()).toContain('\nIn all 4: 1 of low risk, 1 of medium risk, 2 of high risk.\nAllow it?')
  })

  const variables = (count: number) => Array.from({ length: count }, (_, index) => `NAME_${index}`)
  const files = (length: number) => [{ pattern: `./${'x'.repeat(length - 2)}`, recursive: true }]

  test.each([
    ['32 capabilities', { envRead: variables(31), stdio: { stdin: true } }],
    ['a path of 256 characters', { fsWrite: files(256) }],
  ])('asks for as much as a person reads, and shows all of it: %s', async (_, capabilities) => {
    const { input, output, type, shown } = terminal()
    const asked = new TerminalPermissionPrompt({ input, output }).ask(question(capabilities), never)
    await type('o', 'Allow it?')
    expect(await asked).toEqual({ type: 'grant', duration: 'once' })
    const { envRead, fsWrite } = full(capabilities) as Capabilities
    for (const text of [...envRead, ...fsWrite.map(({ pattern }) => pattern)])
      expect(shown().replaceAll(/\n +/g, '')).toContain(text)
    expect(shown().length).toBeLessThan(12_000)
  })

  test.each([
    ['33 capabilities', { envRead: variables(32), stdio: { stdin: true } }],
    ['a path of 257 characters', { fsWrite: files(257) }],
    ['a name that is longer as it is shown', { envRead: ['\u{e0001}'.repeat(30)] }],
    ['a host of 300 characters', { net: [{ host: 'x'.repeat(300), protocol: 'https' as const }] }],
  ])('asks nobody for more than a person reads: %s', async (_, capabilities) => {
    const { input, output, shown } = terminal()
    input.write('always\n')
    const help = () => 'use --trust'
    const answer = await new TerminalPermissionPrompt({ input, output, help }).ask(
      question(capabilities),
      never,
    )
    expect(answer).toMatchObject({ type: 'deny', reason: 'too-much' })
    expect(answer).toMatchObject({ message: expect.stringContaining('sen inspect /plugins/it.wasm') })
    expect(answer).toMatchObject({ message: expect.stringContaining('use --trust') })
    expect(shown()).toBe('')
  })

  test('says how much of what is granted already is not shown', async () => {
    const { input, output, type, shown } = terminal()
    const granted = full({ envRead: variables(256), fsWrite: files(4_000) }) as Capabilities
    const asked = new TerminalPermissionPrompt({ input, output }).ask(question(three, { granted }), never)
    await type('n', 'Allow it?')
    await asked
    expect(shown()).toContain('… 225 more, of no higher risk')
    expect(shown()).toContain('write, create and delete in ./xxx')
    expect(shown().length).toBeLessThan(4_000)
  })

  test('begins no line with what a pattern says', async () => {
    const { input, output, type, shown } = terminal()
    const forged = { envRead: [`A${' '.repeat(78)}2. see nothing`], ...three }
    const asked = new TerminalPermissionPrompt({ input, output }).ask(question(forged), never)
    await type('n', 'Allow it?')
    await asked
    expect(shown()).toMatch(/^ {10,}2\. see nothing$/m)
  })

  test('says what is new in a plugin that has changed, and what it has', async () => {
    const { input, output, type, shown } = terminal()
    const more = question(
      { net: three.net },
      { granted: full({ fsRead: three.fsRead }) as Capabilities, previousDigest: digest('c') },
    )
    const asked = new TerminalPermissionPrompt({ input, output }).ask(more, never)
    await type('n', 'Allow it?')
    await asked
    const [before = '', after = ''] = shown().split('New is')
    expect(before).toContain(digest('c'))
    expect(before).toContain('./data')
    expect(after).toContain('example.test')
    expect(after).not.toContain('./data')
  })

  test('says where else the plugin was allowed something', async () => {
    const { input, output, type, shown } = terminal()
    const elsewhere = { workingDirectory: `/other/work${CSI}`, home: '/other/home' }
    const asked = new TerminalPermissionPrompt({ input, output }).ask(question(three, { elsewhere }), never)
    await type('n', 'Allow it?')
    await asked
    const line = shown()
      .split('\n')
      .find(text => text.includes('does not hold here'))
    expect(line).toContain('/other/work')
    expect(line).toContain('/other/home')
    expect(shown()).not.toContain('\x1b')
  })

  test('shows text of the plugin inert, and not at any length', async () => {
    const { input, output, type, shown } = terminal()
    const hostile = question({
      fsRead: [{ pattern: `./${CSI}\n2. read nothing\u202e`, recursive: false }],
      envRead: [`A${CSI}`],
    })
    const request = {
      ...hostile.request,
      about: CSI + 'x'.repeat(100_000),
      path: `/${CSI}`,
      command: `it${CSI}`,
    }
    const asked = new TerminalPermissionPrompt({ input, output }).ask({ ...hostile, request }, never)
    await type('n', 'Allow it?')
    await asked
    expect(Array.from(shown()).filter(character => character < ' ' && character !== '\n')).toEqual([])
    expect(shown()).not.toContain('\u202e')
    expect(shown()).not.toMatch(/^2\. read nothing/m)
    expect(shown().length).toBeLessThan(3_000)
  })

  test('takes nothing for an answer that was typed before the question', async () => {
    const { input, output, type } = terminal()
    input.write('always\nonce\n')
    const asked = new TerminalPermissionPrompt({ input, output }).ask(question(three), never)
    await type('n', 'Allow it?')
    expect(await asked).toEqual({ type: 'deny' })
  })

  test('takes the end of the input for no, and ends its line', async () => {
    const { input, output, shown } = terminal()
    const asked = new TerminalPermissionPrompt({ input, output }).ask(question(three), never)
    input.end()
    expect(await asked).toEqual({ type: 'deny' })
    expect(shown()).toMatch(/\[n\]o: \n$/)
  })

  test.each(['ended', 'destroyed'])(
    'takes an input that was %s at a question for no at all later ones',
    async how => {
      const { input, output, shown, type } = terminal()
      const prompt = new TerminalPermissionPrompt({ input, output })
      const first = prompt.ask(question(three), never)
      await type('what?', 'Allow it?')
      if (how === 'ended') input.end()
      else input.destroy()
      expect(await first).toEqual({ type: 'deny' })
      const before = shown()
      for (const later of [prompt, new TerminalPermissionPrompt({ input, output })])
        expect(await later.ask(question(three), never)).toMatchObject({ type: 'deny', reason: 'no-prompt' })
      expect(shown()).toBe(before)
    },
  )

  test('takes silence for no, after a while', async () => {
    const { input, output } = terminal()
    const prompt = new TerminalPermissionPrompt({ input, output, timeoutMs: 20 })
    expect(await prompt.ask(question(three), never)).toMatchObject({ type: 'deny', reason: 'timed-out' })
  })

  test('is withdrawn', async () => {
    const { input, output, type, shown } = terminal()
    const controller = new AbortController()
    const prompt = new TerminalPermissionPrompt({ input, output })
    const asked = prompt.ask(question(three), controller.signal)
    await type('what?', 'Allow it?')
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await rejection(asked)).toBe(reason)
    // The terminal is free for the next question.
    const next = prompt.ask(question(three), never)
    await type('o', 'Allow it?', shown().split('Allow it?').length)
    expect(await next).toMatchObject({ type: 'grant' })
  })

  test('waits for another prompt on the same terminal', async () => {
    const { input, output, type, shown } = terminal()
    const ask = (name: string) => {
      const asked = question(three)
      const request = { ...asked.request, command: name }
      return new TerminalPermissionPrompt({ input, output }).ask({ ...asked, request }, never)
    }
    const both = [ask('first'), ask('second')]
    await type('o', 'Allow it?')
    expect(shown()).not.toContain('second')
    await type('n', 'Allow it?', 2)
    expect(await Promise.all(both)).toEqual([{ type: 'grant', duration: 'once' }, { type: 'deny' }])
  })

  test.each([[[false, true]], [[true, false]], [[false, false]]] as const)(
    'asks nobody where one end is no terminal: %j',
    async isTTY => {
      const { input, output, shown } = terminal({ isTTY })
      input.write('always\n')
      const help = () => 'use --trust'
      const answer = await new TerminalPermissionPrompt({ input, output, help }).ask(question(three), never)
      expect(answer).toMatchObject({ type: 'deny', reason: 'no-prompt' })
      expect(answer).toMatchObject({ message: expect.stringContaining('use --trust') })
      expect(shown()).toBe('')
    },
  )
})
