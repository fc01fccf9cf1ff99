import { chmod, mkdir, readdir, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isPluginHostError, PluginScanner } from 'sen-plugin-host'
import { expect, test } from 'vitest'
import { answering, temporaryDirectory } from './guest.js'
import { Watching } from './watching.js'

const OPERATIONS = 2000
/** So many operations, then quiet and a comparison. */
const ROUND = 100
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f']
const COMMANDS = ['a', 'b', 'c', 'x', 'y']

/** mulberry32: small, and the same everywhere. */
function generator(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return Math.floor((((value ^ (value >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/** What a registry would be that was filled by a scan just now: each command's answer. */
async function freshScan(
  directories: readonly string[],
): Promise<{ commands: Map<string, string>; broken: string[]; waiting: string[] }> {
  const commands = new Map<string, string>()
  const broken: string[] = []
  const waiting: string[] = []
  const seen = new Set<string>()
  for (const directory of directories) {
    const { plugins, failures } = await new PluginScanner().scanDirectories([directory])
    broken.push(...failures.map(({ path }) => path))
    const isNamesake = (path: string, command: string) => basename(path) === `${command}.wasm`
    const first = plugins.filter(({ path = '', manifest }) => isNamesake(path, manifest.command.name))
    for (const plugin of [...first, ...plugins.filter(plugin => !first.includes(plugin))]) {
      const { path = '', manifest, instance } = plugin
      const { ino } = await stat(path)
      if (seen.has(`${ino}`)) continue
      seen.add(`${ino}`)
      const { name } = manifest.command
      const answer = await instance.execute([])
      if (commands.has(name)) waiting.push(path)
      else commands.set(name, answer.type === 'success' ? answer.output : '')
    }
  }
  return { commands, broken, waiting }
}

test.each([20_260_101, Number(process.env.SEN_TEST_SEED ?? 7)])(
  'after 2,000 random operations the registry is what a fresh scan finds: seed %i',
  { timeout: 180_000 },
  async seed => {
    const random = generator(seed)
    const pick = <T>(values: readonly T[]): T => values[random(values.length)] as T
    const root = await temporaryDirectory()
    const directories = ['one', 'two', 'three'].map(name => join(root, name))
    const [linked = ''] = directories.slice(2)
    await mkdir(join(root, 'target-0'))
    await symlink('target-0', linked)
    const watching = await Watching.start(directories, { debounceMs: 10, maxWaitMs: 60, rescanMs: 300 })
    let serial = 0
    const anyPath = () => join(pick(directories), `${pick(NAMES)}.wasm`)
    const version = async () => {
      serial += 1
      return await answering(pick(COMMANDS), `v${serial}`)
    }
    const operations: readonly (() => Promise<unknown>)[] = [
      async () => writeFile(anyPath(), await version()),
      async () => writeFile(anyPath(), await version()),
      async () => writeFile(anyPath(), (await version()).subarray(0, 20 + random(150))),
      async () => {
        const path = anyPath()
        await writeFile(`${path}.tmp`, await version())
        await rename(`${path}.tmp`, path)
      },
      async () => rename(anyPath(), anyPath()),
      async () => {
        const [a, b] = [anyPath(), anyPath()]
        await rename(a, `${a}.swap`)
        await rename(b, a)
        await rename(`${a}.swap`, b)
      },
      async () => rm(anyPath()),
      async () => rm(anyPath()),
      async () => chmod(anyPath(), random(2) === 0 ? 0o600 : 0o644),
      async () => utimes(anyPath(), new Date(), new Date()),
      async () => mkdir(pick(directories), { recursive: true }),
      async () => {
        const path = anyPath()
        await rm(path, { recursive: true, force: true })
        await mkdir(path)
      },
      async () => rm(anyPath(), { recursive: true }),
      async () => {
        if (random(5) === 0) await rm(pick(directories.slice(0, 2)), { recursive: true })
      },
      async () => {
        // Two directories change places.
        const [one = '', two = ''] = directories
        await rename(one, `${one}.swap`)
        await rename(two, one)
        await rename(`${one}.swap`, two)
      },
      async () => {
        // The link is pointed elsewhere in one step.
        serial += 1
        const target = `target-${serial}`
        await mkdir(join(root, target))
        await writeFile(join(root, target, `${pick(NAMES)}.wasm`), await version())
        await symlink(target, `${linked}.new`)
        await rename(`${linked}.new`, linked)
      },
      async () => new Promise(resolve => setTimeout(resolve, random(30))),
    ]

    const current = async () => {
      const answers = new Map<string, string>()
      for (const command of watching.registry.listCommands()) {
        // One that goes while it is asked is as good as one that had gone before.
        const answer = await watching.answer(command).catch(error => {
          if (!isPluginHostError(error, 'ERR_UNLOADED')) throw error
        })
        answers.set(command, answer ?? '')
      }
      return answers
    }
    const sorted = (map: ReadonlyMap<string, string>) => JSON.stringify([...map].sort())

    for (let done = 0; done < OPERATIONS; done += ROUND) {
      for (let operation = 0; operation < ROUND; operation += 1) {
        await pick(operations)().catch((error: NodeJS.ErrnoException) => {
          // Nothing there, or something else: as it happens.
          if (!/^(ENOENT|EISDIR|ENOTDIR|EEXIST|ENOTEMPTY|ERR_FS_EISDIR)$/.test(error.code ?? '')) throw error
        })
      }
      // Old versions of files that are broken now, or whose command is taken, serve on: they go.
      for (let cleaning = true; cleaning; ) {
        const { broken, waiting } = await freshScan(directories)
        for (const path of [...broken, ...waiting]) await rm(path, { recursive: true })
        cleaning = broken.length + waiting.length > 0
      }
      const { commands } = await freshScan(directories)
      const expected = sorted(commands)
      await watching
        .until(async () => sorted(await current()) === expected)
        .catch(async error =>
          expect(sorted(await current()), `after ${done + ROUND} operations: ${error}`).toBe(expected),
        )
    }
    expect((await readdir(root)).length).toBeGreaterThan(3)
  },
)
