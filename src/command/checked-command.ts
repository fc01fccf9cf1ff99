import { invalidArgument } from '../errors.js'
import type { Command } from './arguments.js'

type Fields = Readonly<Record<string, unknown>>

/**
 * A command that came from outside, with all that help and schemas read of it.
 *
 * @throws {PluginHostError} `ERR_INVALID_ARG` for the first thing that is wrong.
 */
export function checkCommand(value: unknown, path: string): Command {
  const spec = fields(value, path, 'must be a CommandSpec, as manifest.command is')
  for (const key of ['name', 'about']) text(spec, path, key)
  for (const key of ['version', 'author']) if (spec[key] !== undefined) text(spec, path, key)
  for (const [index, arg] of list(spec, path, 'args').entries()) checkArgument(arg, `${path}.args[${index}]`)
  for (const [index, inner] of list(spec, path, 'subcommands').entries())
    checkCommand(inner, `${path}.subcommands[${index}]`)
  return value as Command
}

function checkArgument(value: unknown, path: string): void {
  const arg = fields(value, path, 'must be an ArgSpec, as manifest.command.args has')
  for (const key of ['name', 'help']) text(arg, path, key)
  for (const key of ['long', 'short', 'valueName', 'defaultValue'])
    if (arg[key] !== undefined) text(arg, path, key)
  flag(arg, path, 'required')
  for (const key of ['flag', 'multiple']) if (arg[key] !== undefined) flag(arg, path, key)
  if (arg.possibleValues === undefined) return
  const values = list(arg, path, 'possibleValues')
  if (values.some(possible => typeof possible !== 'string'))
    throw invalidArgument(`${path}.possibleValues`, 'must be an array of strings')
}

function fields(value: unknown, path: string, problem: string): Fields {
  if (typeof value !== 'object' || value === null) throw invalidArgument(path, problem)
  return value as Fields
}

function text(of: Fields, path: string, key: string): void {
  if (typeof of[key] !== 'string') throw invalidArgument(`${path}.${key}`, 'must be a string')
}

function flag(of: Fields, path: string, key: string): void {
  if (typeof of[key] !== 'boolean') throw invalidArgument(`${path}.${key}`, 'must be true or false')
}

function list(of: Fields, path: string, key: string): readonly unknown[] {
  const value = of[key]
  if (!Array.isArray(value)) throw invalidArgument(`${path}.${key}`, 'must be an array')
  return value
}
