import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { redirect, TestServer, text } from '../effects/server.js'
import { plugin } from '../guest.js'
import { having } from './having.js'
import { controlsIn, sen, senOnTerminal } from './sen.js'

const examples = ['--plugins', dirname(plugin('fetch'))]
const trusted = [...examples, '--trust-command', 'fetch']

describe('sen run carries effects out', () => {
  test('and prints what came of them', async () => {
    const server = await TestServer.start(text('a page'))
    const allow = ['--allow-private', `127.0.0.1:${server.port}`]
    const words = ['fetch', server.origin]
    const { code, stdout } = await sen(['run', ...trusted, ...allow, ...words])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'a page\n' })
  })

  test('but connects to no address that is not public, unless it is told to', async () => {
    const server = await TestServer.start()
    const { code, stderr } = await sen(['run', ...trusted, 'fetch', server.origin])
    expect(code).toBe(1)
    expect(stderr).toContain('fetch: the host could not be reached')
    const other = await TestServer.start(redirect(`${server.origin}/`))
    const allow = ['--allow-private', `127.0.0.1:${other.port}`]
    expect((await sen(['run', ...trusted, ...allow, 'fetch', other.origin])).code).toBe(1)
    expect([server.connections, other.connections]).toEqual([0, 1])
  })

  test('and none that was not granted', async () => {
    const server = await TestServer.start()
    const allow = ['--allow-private', `127.0.0.1:${server.port}`]
    const { code } = await sen(['run', ...examples, ...allow, 'fetch', server.origin])
    expect(code).not.toBe(0)
    expect(server.connections).toBe(0)
  })

  test('and names the option where its address is none', async () => {
    const { code, stderr } = await sen([
      'run',
      ...trusted,
      '--allow-private',
      'localhost',
      'fetch',
      'http://x',
    ])
    expect(code).toBe(2)
    expect(stderr).toContain('--allow-private')
  })

  test('and says on a terminal what a plugin waits for, inertly', async () => {
    const server = await TestServer.start(text('a page'))
    const allow = ['--allow-private', `127.0.0.1:${server.port}`]
    const url = `${server.origin}/\u202e?\u009b2J`
    const { stdout } = await senOnTerminal(['run', ...trusted, ...allow, 'fetch', url], {
      env: { NO_COLOR: '1' },
    })
    expect(stdout).toContain(`fetch: GET ${server.origin}/\\u{202e}?\\x9b2J`)
    expect(stdout).toContain('a page')
    expect(controlsIn(stdout)).toEqual([])
  })

  test('and says nothing of it anywhere else', async () => {
    const { stderr } = await sen(['run', ...(await having('effect-sleep')), 'effect-sleep'])
    expect(stderr).toBe('')
  })
})
