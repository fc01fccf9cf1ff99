import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { defaultPluginDirs } from 'sen-plugin-host'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { faultSync } from './fault.js'

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('the default directories of a program', () => {
  test("are the user's data directory for it, then ./plugins", () => {
    vi.stubEnv('XDG_DATA_HOME', '/data')
    expect(defaultPluginDirs('my-app')).toEqual(['/data/my-app/plugins', resolve('plugins')])
  })

  test('lie below the home directory where XDG_DATA_HOME is not set, empty or relative', () => {
    for (const value of [undefined, '', 'data', './data', '../data', '~/data']) {
      vi.stubEnv('XDG_DATA_HOME', value)
      expect(defaultPluginDirs('my-app')).toEqual([
        join(homedir(), '.local', 'share', 'my-app', 'plugins'),
        resolve('plugins'),
      ])
    }
  })

  test('are absolute, and follow the working directory', () => {
    const before = process.cwd()
    try {
      process.chdir('/')
      expect(defaultPluginDirs('my-app').at(1)).toBe('/plugins')
    } finally {
      process.chdir(before)
    }
  })

  test('may be those of any program with the name of a file', () => {
    vi.stubEnv('XDG_DATA_HOME', '/data')
    for (const app of ['a', '.hidden', 'with space', '...', 'größer', '__proto__']) {
      expect(defaultPluginDirs(app).at(0)).toBe(`/data/${app}/plugins`)
    }
  })

  test('are refused for a name that would lead elsewhere', () => {
    for (const app of ['', '.', '..', '../x', 'a/b', '/etc', 'a\\b', 'a\0b', undefined, null, 1, ['a']]) {
      const { details } = faultSync('ERR_INVALID_ARG', () => defaultPluginDirs(app as string))
      expect(details).toEqual({ name: 'app' })
    }
  })
})
