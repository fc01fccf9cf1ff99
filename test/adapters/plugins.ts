import { PluginRegistry } from 'sen-plugin-host'
import { guest, plugin } from '../guest.js'

/** A registry with these guests, and the example `greet`. */
export async function having(...names: string[]): Promise<PluginRegistry> {
  const registry = new PluginRegistry()
  for (const name of names) await registry.loadPlugin(name === 'greet' ? plugin('greet') : await guest(name))
  return registry
}

/** Lines that do the same whoever parses them, with the exit code and output of `greet`, `echo`, `error-user` and `forever`. */
export const LINES: readonly (readonly [line: string, exitCode: number, output: string])[] = [
  ['greet Ada', 0, 'Hello, Ada!'],
  ['--loud greet Ada --style shout', 0, 'HELLO, ADA!'],
  ['greet --style shout Ada', 0, 'HELLO, ADA!'],
  ['greet -g -n Ada', 0, '-n, Ada!'],
  ['greet -- --help', 0, 'Hello, --help!'],
  ['greet -- morning', 0, 'Hello, morning!'],
  ['greet morning Ada -n 1', 0, 'Good morning, Ada!'],
  ['echo --any -x -- y', 0, '--any'],
  ['echo -- x', 0, '--'],
  ['echo 007', 0, '007'],
  ['greet --style quiet', 2, ''],
  ['greet morning', 2, ''],
  ['greet --nosuch', 2, ''],
  ['error-user', 1, ''],
  ['forever', 71, ''],
]
