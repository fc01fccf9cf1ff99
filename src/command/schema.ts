import { invalidArgument } from '../errors.js'
import {
  type Argument,
  type Command,
  isOption,
  optionTermOf,
  placeholderOf,
  takesValue,
  usageOf,
} from './arguments.js'
import { checkCommand } from './checked-command.js'

/** The JSON Schema of one value. */
export interface ValueSchema {
  readonly type: 'string' | 'boolean' | 'array' | readonly ['boolean', 'string']
  readonly description?: string
  readonly enum?: readonly string[]
  readonly default?: string
  readonly items?: { readonly type: 'string'; readonly enum?: readonly string[] }
  /** How the argument is written on a command line: `-s, --style <STYLE>`. */
  readonly $comment: string
}

/**
 * A command's parameters as the JSON Schema of an object: what it validates has the arguments by
 * name. Subcommands are in `$defs`, by name.
 */
export interface CommandSchema {
  readonly $schema?: typeof DIALECT
  /** How the command is called, `app db migrate` for example. */
  readonly title: string
  readonly description?: string
  readonly type: 'object'
  readonly properties: Readonly<Record<string, ValueSchema>>
  readonly required: readonly string[]
  readonly additionalProperties: false
  readonly $defs?: Readonly<Record<string, CommandSchema>>
  /** How the command is written on a command line: `greet [OPTIONS] [NAME]`. */
  readonly $comment: string
}

const DIALECT = 'https://json-schema.org/draft/2020-12/schema'

/**
 * What a command says of itself as a JSON Schema (draft 2020-12), for programs and language models
 * that call it: each argument with its description, possible values and default. An option of which
 * the manifest does not say whether it takes a value may be `true` or a text. Texts are the plugin's.
 *
 * @param call - How the command is called. Default: its name.
 * @throws {PluginHostError} `ERR_INVALID_ARG`.
 */
export function commandSchema(spec: Command, call: string = spec?.name): CommandSchema {
  checkCommand(spec, 'spec')
  if (typeof call !== 'string') throw invalidArgument('call', 'must be a string')
  return { $schema: DIALECT, ...schemaOf(spec, call) }
}

function schemaOf(spec: Command, call: string): CommandSchema {
  const { about, args, subcommands } = spec
  const definitions = subcommands.map(command => {
    return [command.name, schemaOf(command, `${call} ${command.name}`)] as const
  })
  const required = args.filter(arg => arg.required && arg.defaultValue === undefined).map(({ name }) => name)
  return {
    title: call,
    ...(about === '' ? {} : { description: about }),
    type: 'object',
    // Own properties, whatever their names.
    properties: Object.fromEntries(args.map(arg => [arg.name, valueSchema(arg)])),
    required: [...new Set(required)],
    additionalProperties: false,
    ...(definitions.length === 0 ? {} : { $defs: Object.fromEntries(definitions) }),
    $comment: usageOf(spec, call),
  }
}

function valueSchema(arg: Argument): ValueSchema {
  const { help, defaultValue, possibleValues = [] } = arg
  const values = possibleValues.length === 0 ? {} : { enum: [...new Set(possibleValues)] }
  return {
    ...(arg.multiple === true
      ? ({ type: 'array', items: { type: 'string', ...values } } as const)
      : { type: typeOf(arg), ...values }),
    ...(help === '' ? {} : { description: help }),
    ...(defaultValue === undefined ? {} : { default: defaultValue }),
    $comment: isOption(arg) ? optionTermOf(arg) : placeholderOf(arg),
  }
}

function typeOf(arg: Argument): 'string' | 'boolean' | readonly ['boolean', 'string'] {
  if (arg.flag === true) return 'boolean'
  return !isOption(arg) || takesValue(arg) ? 'string' : ['boolean', 'string']
}
