import { rename, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import {
  type HotReloadEvent,
  HotReloadWatcher,
  type HotReloadWatcherOptions,
  PluginRegistry,
  type PluginRegistryOptions,
} from 'sen-plugin-host'
import { onTestFinished } from 'vitest'
import { answering } from './guest.js'

/** Short enough for tests that wait, long enough for writers on a busy machine. */
export const SHORT = { debounceMs: 40, maxWaitMs: 250, rescanMs: 500 } satisfies HotReloadWatcherOptions

const POLL_MS = 10
/**
 * Whatever is waited for has happened long before, or never will. Counted in polls rather than by the
 * clock, which goes on while a machine stands still.
 */
const MOST_POLLS = 2000

/** A watcher whose events are kept, closed when the test is over. */
export class Watching {
  readonly registry: PluginRegistry
  readonly watcher: HotReloadWatcher
  readonly events: HotReloadEvent[] = []
  #hear = () => {}

  private constructor(registry: PluginRegistry, watcher: HotReloadWatcher) {
    this.registry = registry
    this.watcher = watcher
    for (const type of ['loaded', 'reloaded', 'unloaded', 'failed'] as const) {
      watcher.on(type, event => {
        this.events.push(event)
        this.#hear()
      })
    }
  }

  static async start(
    directories: string | readonly string[],
    options: HotReloadWatcherOptions & { readonly registry?: PluginRegistryOptions } = {},
  ): Promise<Watching> {
    const { registry: registryOptions, ...rest } = options
    const registry = new PluginRegistry(registryOptions)
    return await Watching.on(registry, directories, rest)
  }

  static async on(
    registry: PluginRegistry,
    directories: string | readonly string[],
    options: HotReloadWatcherOptions = {},
  ): Promise<Watching> {
    const paths = typeof directories === 'string' ? [directories] : directories
    const watcher = await HotReloadWatcher.start(registry, paths, { ...SHORT, ...options })
    const watching = new Watching(registry, watcher)
    onTestFinished(async () => {
      await watcher.close()
      await registry.close()
    })
    return watching
  }

  /** Events as short lines: `loaded a.wasm`, `failed b.wasm ERR_TRAP`. */
  get log(): string[] {
    return this.events.map(({ type, path, error }) =>
      [type, basename(path), ...(error === undefined ? [] : [error.code])].join(' '),
    )
  }

  /** Waits until these and no other events have come, in whatever order, and takes them out. */
  async expect(...lines: readonly string[]): Promise<HotReloadEvent[]> {
    await this.until(() => this.log.length >= lines.length, `${lines.join(', ')}`)
    if (this.log.toSorted().join() !== lines.toSorted().join()) {
      throw new Error(`there was: ${this.log.join(', ')}; and not: ${lines.join(', ')}`)
    }
    return this.events.splice(0)
  }

  /** Waits until something is the case, asking after every event and now and then. */
  async until(isSo: () => boolean | Promise<boolean>, what = 'what was waited for'): Promise<void> {
    for (let polls = 0; !(await isSo()); ) {
      if (polls > MOST_POLLS) throw new Error(`it did not come: ${what}; but: ${this.log.join(', ')}`)
      await new Promise<void>(resolve => {
        const timer = setTimeout(() => {
          polls += 1
          resolve()
        }, POLL_MS)
        this.#hear = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** What a command answers; undefined where there is none. */
  async answer(command: string): Promise<string | undefined> {
    if (!this.registry.hasCommand(command)) return undefined
    const answer = await this.registry.execute(command)
    return answer.type === 'success' ? answer.output : answer.message
  }

  /**
   * Has the watcher deal with something that comes after all that was done so far: a plugin of its
   * own that it loads and unloads. What was done has been dealt with by then, if it was to be.
   */
  async settle(directory: string): Promise<void> {
    const path = join(directory, 'zz-settle.wasm')
    const before = this.events.splice(0)
    await put(path, 'zz-settle', 'ok')
    await this.until(() => this.registry.hasCommand('zz-settle'), 'the probe')
    const { rm } = await import('node:fs/promises')
    await rm(path)
    await this.until(() => !this.registry.hasCommand('zz-settle'), 'the end of the probe')
    const during = this.events.splice(0).filter(event => event.path !== path)
    this.events.push(...before, ...during)
  }
}

/** Has a plugin there in one step, by a rename. */
export async function put(path: string, command: string, output: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.new`)
  await writeFile(temporary, await answering(command, output))
  await rename(temporary, path)
}
