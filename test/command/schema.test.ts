import { Ajv2020 } from 'ajv/dist/2020.js'
import { commandSchema, PluginLoader } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { faultSync } from '../fault.js'
import { plugin } from '../guest.js'
import { command, wrongCommands } from './spec.js'

const validator = () => new Ajv2020({ strict: true, allowUnionTypes: true })

describe('the JSON Schema of a command', () => {
  test('tells good parameters from bad ones, of subcommands as well', async () => {
    const { manifest } = await new PluginLoader().load(plugin('greet'))
    const schema = commandSchema(manifest.command)
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema')
    const ajv = validator().addSchema(schema, 'greet')
    const [greet, morning] = ['greet', 'greet#/$defs/morning'].map(id => ajv.getSchema(id))
    for (const good of [{}, { name: 'Ada' }, { style: 'shout', count: '2' }]) expect(greet?.(good)).toBe(true)
    for (const bad of [{ style: 'quiet' }, { nosuch: 'x' }, { name: 1 }, 'Ada'])
      expect(greet?.(bad)).toBe(false)
    expect(morning?.({ name: 'Ada' })).toBe(true)
    expect(morning?.({ style: 'shout' })).toBe(false)
  })

  test('has descriptions, possible values, defaults, and what is required', () => {
    const spec = command(
      [
        { name: 'file', required: true, help: 'What to read' },
        {
          name: 'level',
          long: 'level',
          short: 'l',
          required: true,
          defaultValue: 'a',
          possibleValues: ['a', 'b', 'a'],
        },
        { name: 'output', long: 'output' },
        { name: 'force', long: 'force', flag: true },
        { name: 'tag', long: 'tag', multiple: true, possibleValues: ['x'] },
      ],
      { about: 'A tool' },
    )
    const schema = commandSchema(spec, 'app tool')
    validator().compile(schema)
    expect(schema).toMatchObject({
      title: 'app tool',
      description: 'A tool',
      $comment: 'app tool [OPTIONS] <FILE>',
      required: ['file'],
      additionalProperties: false,
      properties: {
        file: { type: 'string', description: 'What to read', $comment: '<FILE>' },
        level: { type: 'string', enum: ['a', 'b'], default: 'a', $comment: '-l, --level <LEVEL>' },
        output: { type: ['boolean', 'string'], $comment: '--output' },
        force: { type: 'boolean' },
        tag: { type: 'array', items: { type: 'string', enum: ['x'] } },
      },
    })
  })

  test('has names that every object knows as its own', () => {
    const names = ['__proto__', 'constructor', 'toString']
    const spec = command(
      names.map(name => ({ name, required: true })),
      { subcommands: [command([], { name: 'constructor' })] },
    )
    const schema = commandSchema(spec)
    expect(Object.keys(schema.properties)).toEqual(names)
    expect(schema.required).toEqual(names)
    expect(Object.getPrototypeOf(schema.properties)).toBe(Object.prototype)
    expect(Object.keys(schema.$defs ?? {})).toEqual(['constructor'])
  })

  test('names an argument once, however often a manifest does', () => {
    const spec = command([{ required: true }, { required: true, help: 'last' }])
    expect(commandSchema(spec)).toMatchObject({
      required: ['arg'],
      properties: { arg: { description: 'last' } },
    })
    validator().compile(commandSchema(spec))
  })

  test('is made of a command only', () => {
    for (const [name, spec] of wrongCommands)
      expect(faultSync('ERR_INVALID_ARG', () => commandSchema(spec as never)).details.name).toBe(name)
    expect(faultSync('ERR_INVALID_ARG', () => commandSchema(command([]), 1 as never)).details.name).toBe(
      'call',
    )
    expect(faultSync('ERR_INVALID_ARG', () => commandSchema(undefined as never)).details.name).toBe('spec')
  })
})
