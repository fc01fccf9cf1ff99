import { chmod, chown, link, mkdir, readFile, rename, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FileAuditSink, FilePermissionStore } from 'sen-plugin-host'
import { describe, expect, onTestFinished, test } from 'vitest'
import { event } from './audit/events.js'
import { fault, faultSync } from './fault.js'
import { temporaryDirectory } from './guest.js'
import { aGrant } from './permissions/grants.js'
import { pipe } from './system.js'

type Change = (path: string) => Promise<void>

const elsewhere: Change = path => rename(path, `${path}.real`)
const SOMEBODY = 12_345
// Whoever is not root cannot give anything away.
const isRoot = process.geteuid?.() === 0

/** What is wrong with a file, and how it comes to be. */
const bad: readonly (readonly [string, string, Change])[] = [
  [
    'symbolic-link',
    'a symbolic link',
    async path => {
      await elsewhere(path)
      await symlink(`${path}.real`, path)
    },
  ],
  [
    'symbolic-link',
    'a link that leads nowhere',
    async path => {
      await elsewhere(path)
      await symlink(`${path}.none`, path)
    },
  ],
  ['hard-link', 'a file with a second name', path => link(path, `${path}.second`)],
  [
    'not-a-regular-file',
    'a FIFO',
    async path => {
      await elsewhere(path)
      await pipe(path)
    },
  ],
  [
    'not-a-regular-file',
    'a directory',
    async path => {
      await elsewhere(path)
      await mkdir(path)
    },
  ],
  ['writable-by-others', 'a file that the group may write to', path => chmod(path, 0o620)],
  ['writable-by-others', 'a file that anybody may write to', path => chmod(path, 0o602)],
  ['unsafe-directory', 'in a directory that the group may write to', path => chmod(dirname(path), 0o770)],
  ['unsafe-directory', 'in a directory that anybody may write to', path => chmod(dirname(path), 0o707)],
  ['unsafe-directory', 'in a sticky one that anybody may write to', path => chmod(dirname(path), 0o1777)],
  ...(isRoot
    ? [
        ['foreign-owner', "another user's file", (path: string) => chown(path, SOMEBODY, SOMEBODY)] as const,
        [
          'unsafe-directory',
          "in another user's directory",
          (path: string) => chown(dirname(path), SOMEBODY, SOMEBODY),
        ] as const,
      ]
    : []),
]

const good: readonly (readonly [string, Change])[] = [
  ['the user’s alone', async () => {}],
  ['for others to read', path => chmod(path, 0o644)],
  ['in a directory for others to read', path => chmod(dirname(path), 0o755)],
  [
    'in a directory that is reached by a link',
    async path => {
      await rename(dirname(path), `${dirname(path)}.real`)
      await symlink(`${dirname(path)}.real`, dirname(path))
    },
  ],
]

async function store(): Promise<FilePermissionStore> {
  const found = new FilePermissionStore(join(await temporaryDirectory(), 'app', 'permissions.json'))
  await found.put(aGrant('a'))
  return found
}

async function sink(): Promise<FileAuditSink> {
  const found = new FileAuditSink(join(await temporaryDirectory(), 'app', 'audit.jsonl'))
  found.record(event())
  found.close()
  const again = new FileAuditSink(found.path)
  onTestFinished(() => again.close())
  return again
}

describe('a file of the host’s own is refused by whoever uses it, and not written to:', () => {
  test.each(bad)('%s: %s', async (reason, _, spoil) => {
    const grants = await store()
    await spoil(grants.path)
    for (const error of [
      faultSync('ERR_PERMISSION_DENIED', () => grants.list()),
      faultSync('ERR_PERMISSION_DENIED', () => grants.find('a')),
      await fault('ERR_PERMISSION_DENIED', grants.put(aGrant('b'))),
      await fault('ERR_PERMISSION_DENIED', grants.remove(aGrant('a'))),
    ])
      expect(error.details.reason).toBe('store')

    const audit = await sink()
    await spoil(audit.path)
    const { details } = faultSync('ERR_UNSAFE_FILE', () => audit.record(event()))
    expect(details).toEqual({ path: audit.path, reason })
  })
})

describe('a file of the host’s own is used by whoever uses it:', () => {
  test.each(good)('one that is %s', async (_, change) => {
    const grants = await store()
    await change(grants.path)
    await grants.put(aGrant('b'))
    expect(grants.list()).toHaveLength(2)

    const audit = await sink()
    await change(audit.path)
    audit.record(event())
    expect((await readFile(audit.path, 'utf8')).trimEnd().split('\n')).toHaveLength(2)
  })
})
