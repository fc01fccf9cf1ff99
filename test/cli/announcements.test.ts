import { createInterface, type Interface } from 'node:readline'
import { PassThrough } from 'node:stream'
import type { HotReloadEvent } from 'sen-plugin-host'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Announcements } from '../../src/cli/repl/announcements.js'
import { Terminal } from '../../src/terminal.js'
import { Screen } from './screen.js'

const EVENT: HotReloadEvent = { type: 'loaded', path: '/p/a.wasm', command: 'a', durationMs: 12 }
const SAID = 'loaded   a /p/a.wasm (12 ms)'

/** Somebody at a terminal of so many columns. */
function person(columns: number): { screen: Screen; editor: Interface; announcements: Announcements } {
  const screen = new Screen(columns)
  const editor = createInterface({ input: new PassThrough(), output: screen, terminal: true })
  onTestFinished(() => editor.close())
  const announcements = new Announcements(new Terminal(screen, screen, {}), screen, true)
  return { screen, editor, announcements }
}

/** Moves the cursor to the left. */
function back(editor: Interface, times: number): void {
  for (let time = 0; time < times; time += 1) editor.write(null, { name: 'left' })
}

describe('what becomes of plugins is said', () => {
  test('above a line that is being typed, which stays with its cursor', () => {
    const { screen, editor, announcements } = person(40)
    announcements.prompt(editor, 'sen> ')
    editor.write('hello Ada')
    back(editor, 2)
    announcements.add(EVENT)
    expect(screen.lines).toEqual([SAID, 'sen> hello Ada'])
    expect(screen.cursor).toEqual([1, 12])
    editor.write('m')
    expect(screen.lines).toEqual([SAID, 'sen> hello Amda'])
    announcements.add(EVENT)
    expect(screen.lines).toEqual([SAID, SAID, 'sen> hello Amda'])
    expect(editor.line).toBe('hello Amda')
  })

  test.each([
    [0, [3, 15]],
    [20, [2, 25]],
    [40, [2, 5]],
    [60, [1, 15]],
  ])('above a line of several rows, %d characters before its end', (left, cursor) => {
    const { screen, editor, announcements } = person(30)
    announcements.prompt(editor, 'sen> ')
    for (const character of 'x'.repeat(70)) editor.write(character)
    back(editor, left)
    announcements.add(EVENT)
    announcements.add(EVENT)
    const [row = 0, column] = cursor
    expect(screen.lines).toEqual([SAID, SAID, `sen> ${'x'.repeat(25)}`, 'x'.repeat(30), 'x'.repeat(15)])
    expect(screen.cursor).toEqual([row + 1, column])
  })

  test('before the next prompt where a command runs', () => {
    const { screen, editor, announcements } = person(40)
    announcements.prompt(editor, 'sen> ')
    editor.write('a\r')
    announcements.hold()
    announcements.add(EVENT)
    screen.write('what a says\n')
    announcements.prompt(editor, 'sen> ')
    expect(screen.lines).toEqual(['sen> a', 'what a says', SAID, 'sen>'])
    expect(screen.cursor).toEqual([3, 5])
  })

  test('before the next prompt where the cursor cannot be moved', () => {
    const screen = new Screen(40)
    const editor = createInterface({ input: new PassThrough(), output: screen, terminal: false })
    onTestFinished(() => editor.close())
    const announcements = new Announcements(new Terminal(screen, screen, {}), screen, false)
    announcements.prompt(editor, 'sen> ')
    announcements.add(EVENT)
    expect(screen.lines).toEqual(['sen>'])
    screen.write('\n')
    announcements.prompt(editor, 'sen> ')
    expect(screen.lines).toEqual(['sen>', SAID, 'sen>'])
  })
})
