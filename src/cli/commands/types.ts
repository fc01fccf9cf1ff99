import { resolve } from 'node:path'
import type { Command } from 'commander'
import { Catalogue } from '../catalogue.js'
import { type Context, perform } from '../context.js'
import { DEFAULT_DIRECTORIES, pluginDirectories } from '../directories.js'
import { noteProblems } from '../notes.js'
import { addLoadOptions, addVerboseOption, directories, type LoadOptions, loadingOf } from '../options.js'
import { displayPath } from '../paths.js'
import { declarationsOf } from '../types/declarations.js'
import { schemaOf } from '../types/schema.js'
import { counted } from '../units.js'
import { writeIfChanged } from '../written-file.js'

type TypesOptions = LoadOptions & {
  readonly out?: string
  readonly jsonSchema?: boolean
  readonly verbose?: boolean
}

const HELP = `
With the file among those that TypeScript compiles, registry.execute('greet', ['--style', 'shout'])
is completed and checked: names of commands and options, and known values.

Examples:
  sen types plugins --out src/plugins.d.ts
  sen types plugins --json-schema > commands.schema.json
  sen watch plugins --types src/plugins.d.ts     keeps it up to date`

/** `sen types`: what plugins say of their commands, for a compiler. */
export function addTypes(program: Command, context: Context): void {
  const command = program
    .command('types')
    .summary('write type declarations, or a JSON Schema, for the commands of plugins')
    .description('Writes type declarations for the commands of plugins, for editors and compilers.')
    .argument('[dir...]', `directories of plugins (default: ${DEFAULT_DIRECTORIES})`, directories)
    .option(
      '-o, --out <FILE>',
      'where to write it: whole or not at all, and only if it changes (default: stdout)',
    )
    .option('--json-schema', 'write a JSON Schema: each command under $defs, by its name')
  addLoadOptions(command)
  addVerboseOption(command)
  command.addHelpText('after', HELP)
  command.action(async (named: readonly string[], options: TypesOptions) => {
    await perform(context, options, () => types(context, named, options))
  })
}

async function types(
  { terminal }: Context,
  named: readonly string[],
  options: TypesOptions,
): Promise<number> {
  const found = await pluginDirectories({ plugins: named.length > 0 ? named : undefined })
  const catalogue = await Catalogue.load(found, loadingOf(options))
  noteProblems(terminal, catalogue)
  const commands = catalogue.plugins.map(({ manifest }) => manifest.command)
  const text = options.jsonSchema ? schemaOf(commands) : declarationsOf(commands)
  if (options.out === undefined) {
    terminal.document(text)
    return 0
  }
  const file = resolve(options.out)
  const isWritten = await writeIfChanged(file, text)
  const what = isWritten ? 'written' : 'up to date'
  terminal.note(`${displayPath(file)} is ${what}: ${counted(commands.length, 'command')}`)
  return 0
}
