import type { Argument, Command } from '../command/arguments.js'
import { invalidArgument } from '../errors.js'
import { checkBoolean, checkOptions } from '../options.js'
import type { RouteArg, RouteOptions } from './context.js'

const ARG_KEYS = [
  'name',
  'long',
  'short',
  'required',
  'help',
  'valueName',
  'defaultValue',
  'possibleValues',
  'flag',
  'multiple',
] as const

const NAME = /^[a-z0-9][a-z0-9._:-]{0,63}$/i

/** A command's name, as in manifests: it is never an option, a path or an escape sequence. */
export function checkName(value: unknown, path: string): string {
  if (typeof value === 'string' && NAME.test(value)) return value
  const rule =
    'one word of 1 to 64 letters, digits, "-", "_", ":" and ".", that starts with a letter or digit'
  throw invalidArgument(path, `must be ${rule}`)
}

/** A text, if there is one. */
export function checkText(value: unknown, path: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw invalidArgument(path, 'must be a text')
}

/** What a program's own command says of itself, in the form of a manifest's. */
export function commandOf(name: string, options: RouteOptions | undefined): Command {
  const {
    about,
    args = [],
    version,
    author,
  } = checkOptions(options, 'options', ['about', 'args', 'version', 'author'])
  checkText(version, 'options.version')
  checkText(author, 'options.author')
  if (!Array.isArray(args)) throw invalidArgument('options.args', 'must be an array of arguments')
  return {
    name,
    about: checkText(about, 'options.about') ?? '',
    ...(version === undefined ? {} : { version }),
    ...(author === undefined ? {} : { author }),
    args: args.map((arg, index) => argumentOf(arg, `options.args[${index}]`)),
    subcommands: [],
  }
}

function argumentOf(arg: RouteArg, path: string): Argument {
  const checked = checkOptions<RouteArg>(arg, path, ARG_KEYS)
  const {
    name,
    long,
    short,
    required = false,
    help,
    flag = false,
    multiple = false,
    possibleValues,
  } = checked
  if (checkText(name, `${path}.name`) === undefined || name === '')
    throw invalidArgument(`${path}.name`, 'must be a text')
  for (const key of ['long', 'valueName', 'defaultValue'] as const) checkText(checked[key], `${path}.${key}`)
  if (long === '') throw invalidArgument(`${path}.long`, 'must be a name, without dashes')
  if (checkText(short, `${path}.short`) !== undefined && Array.from(short ?? '').length !== 1)
    throw invalidArgument(`${path}.short`, 'must be one character')
  const isList = Array.isArray(possibleValues) && possibleValues.every(value => typeof value === 'string')
  if (possibleValues !== undefined && !isList)
    throw invalidArgument(`${path}.possibleValues`, 'must be an array of texts')
  return {
    ...checked,
    required: checkBoolean(required, `${path}.required`),
    help: checkText(help, `${path}.help`) ?? '',
    flag: checkBoolean(flag, `${path}.flag`),
    multiple: checkBoolean(multiple, `${path}.multiple`),
  }
}
