import { commandSchema } from '../../command/schema.js'
import type { CommandSpec } from '../../index.js'
import { toJson } from '../../json.js'

/** The commands as one JSON Schema document, each under `$defs` by its name. */
export function schemaOf(commands: readonly CommandSpec[]): string {
  const sorted = [...commands].sort((a, b) => (a.name < b.name ? -1 : 1))
  const definitions = sorted.map(command => {
    const { $schema: _, ...schema } = commandSchema(command)
    return [command.name, schema] as const
  })
  const document = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $defs: Object.fromEntries(definitions),
  }
  return `${toJson(document, 'lines')}\n`
}
