import type { Command } from 'commander'
import { type Context, perform } from '../context.js'
import { DEFAULT_DIRECTORIES } from '../directories.js'
import type { DoctorOptions } from '../doctor/doctor.js'
import { addDirectoryOption, addLoadOptions, addReportOptions, directories } from '../options.js'

const HELP = `
The exit code is 0 when there is no problem, whatever warnings there are, and otherwise that of the
first problem: 84 when sen does not run here, 2 for a directory that cannot be read, and for a plugin
that cannot be loaded the one that sen inspect ends with.`

/** `sen doctor`: what is wrong here, and what to do about it. */
export function addDoctor(program: Command, context: Context): void {
  const command = program
    .command('doctor')
    .summary('say what is wrong with the installation and the plugins, and what to do about it')
    .description(
      'Looks at the installation, the engine, the cache and all plugins, and says what to do about what is wrong.',
    )
    .argument(
      '[dir...]',
      `directories of plugins, as with --plugins (default: ${DEFAULT_DIRECTORIES})`,
      directories,
    )
  addDirectoryOption(command)
  addLoadOptions(command)
  addReportOptions(command)
  command.addHelpText('after', HELP)
  command.action(async (others: readonly string[], options: DoctorOptions) => {
    const named = [...others, ...(options.plugins ?? [])]
    await perform(context, options, async () => {
      // Loaded for this command alone.
      const { doctor } = await import('../doctor/doctor.js')
      return await doctor(context.terminal, named, options)
    })
  })
}
