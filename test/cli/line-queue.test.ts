import { EventEmitter } from 'node:events'
import type { Interface } from 'node:readline'
import { describe, expect, test } from 'vitest'
import { LineQueue } from '../../src/cli/repl/line-queue.js'

function queue(): { editor: EventEmitter; typed: LineQueue } {
  const editor = new EventEmitter()
  return { editor, typed: new LineQueue(editor as unknown as Interface) }
}

describe('lines that are typed', () => {
  test('are taken in their order, also those typed before anybody asks', async () => {
    const { editor, typed } = queue()
    editor.emit('line', 'one')
    editor.emit('line', 'two')
    expect([await typed.next(), await typed.next()]).toEqual(['one', 'two'])
    const next = typed.next()
    editor.emit('line', 'three')
    expect(await next).toBe('three')
  })

  test('are taken to the last when no more will come', async () => {
    const { editor, typed } = queue()
    editor.emit('line', 'one')
    editor.emit('close')
    expect([await typed.next(), await typed.next()]).toEqual(['one', undefined])
  })

  test('end while somebody waits', async () => {
    const { editor, typed } = queue()
    const next = typed.next()
    editor.emit('close')
    expect(await next).toBeUndefined()
  })

  test('can be forgotten', async () => {
    const { editor, typed } = queue()
    expect(typed.clear()).toBe(false)
    editor.emit('line', 'one')
    expect(typed.clear()).toBe(true)
    editor.emit('line', 'two')
    expect(await typed.next()).toBe('two')
  })
})
