#!/usr/bin/env node
// A command-line program whose commands are plugins: every .wasm file of a directory is one.
//
//   main.mjs greet Ada --style shout    runs a plugin, once its arguments have been checked
//   main.mjs greet --help               says how it is called, without running it
//   main.mjs repl                       a shell, which follows the directory as files come, change and go
//   main.mjs doctor                     which files are no plugins, and why

import { delimiter } from 'node:path'
import { createInterface } from 'node:readline'
import { HotReloadWatcher, PluginRegistry, PluginScanner, Router } from 'sen-plugin-host'

const NAME = 'wasm-cli'
const directories = (process.env.WASM_CLI_PLUGINS ?? './plugins').split(delimiter)
const limits = { timeoutMs: 1000, memoryBytes: 64 * 2 ** 20 }

// A file that cannot be loaded is no reason to stop: `doctor` says what is wrong with it.
const registry = new PluginRegistry({ limits })
const watcher = await HotReloadWatcher.start(registry, directories, { debounceMs: 100 })

// What the command line and the shell have in common.
const commands = () =>
  new Router({ name: NAME, version: '1.0.0', about: 'Runs plugins as commands' })
    .plugins(registry)
    .route('doctor', doctor, { about: 'Say which files are no plugins, and why' })

await commands().route('repl', repl, { about: 'Open a shell that follows the plugins as they change' }).run()
await watcher.close()
await registry.close()

/** Carries out what is typed, line by line, until Ctrl-D. Ctrl-C stops the plugin that runs, not the shell. */
async function repl() {
  const router = commands()
  const completer = line => [registry.listCommands().filter(name => name.startsWith(line)), line]
  const shell = createInterface({
    input: process.stdin,
    output: process.stdout,
    completer,
    prompt: `${NAME}> `,
  })
  let running
  shell.on('SIGINT', () => (running === undefined ? shell.close() : running.abort()))
  for (const type of ['loaded', 'reloaded', 'unloaded', 'failed']) {
    watcher.on(type, ({ path, error }) => {
      // Above the line that is being typed. Names of files are data: quoted, they say no more than they are.
      process.stdout.write(`\r\x1b[K${type} ${JSON.stringify(path)} ${error?.code ?? ''}\n`)
      if (running === undefined) shell.prompt(true)
    })
  }
  shell.prompt()
  for await (const line of shell) {
    const words = line.match(/\S+/g) ?? []
    if (words.length > 0) {
      running = new AbortController()
      // Writes what comes of it: answers to stdout, what went wrong to stderr.
      await router
        .run({ argv: [NAME, ...words], signal: running.signal })
        .catch(() => console.error('stopped'))
      running = undefined
    }
    shell.prompt()
  }
}

/** Loads every file anew. Says so with an exit code, where one is no plugin. */
async function doctor() {
  const { plugins, failures } = await new PluginScanner({ limits }).scanDirectories(directories)
  const good = plugins.map(({ path, manifest }) => `ok       ${path}: ${manifest.command.name}`)
  const bad = failures.map(({ path, error }) => `problem  ${path}: ${error.code}: ${error.message}`)
  // What files and plugins are called is theirs: as a plugin's text it is shown inert on a terminal.
  return { output: [...good, ...bad].join('\n'), from: 'plugin', exitCode: bad.length === 0 ? 0 : 1 }
}
