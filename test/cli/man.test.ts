import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { commandNames } from '../../src/cli/commands.js'
import { createProgram } from '../../src/cli/program.js'
import { Terminal } from '../../src/terminal.js'
import { projectRoot } from './sen.js'

const page = await readFile(join(projectRoot, 'dist', 'man', 'sen.1'), 'utf8')
const lines = page.trimEnd().split('\n')
/** The page as it is read, without what troff is told. */
const plain = page
  .replaceAll('\\-', '-')
  .replaceAll('\\(dq', '"')
  .replaceAll('\\&', '')
  .replaceAll('\\e', '\\')

const terminal = new Terminal(process.stdout, process.stderr, {})
const program = await createProgram({ terminal, signal: new AbortController().signal }, commandNames)

/** A command, and all below it, with the words that it is called with. */
function tree(command: Command, call: string): { command: Command; call: string }[] {
  const below = command.createHelp().visibleCommands(command)
  return [
    { command, call },
    ...below
      .filter(subcommand => command === program || subcommand.name() !== 'help')
      .flatMap(subcommand => tree(subcommand, `${call} ${subcommand.name()}`)),
  ]
}

describe('the manual page', () => {
  test.each(tree(program, 'sen').slice(1))(
    'has a section for $call, with all its options',
    ({ command, call }) => {
      const heading = `.SS "${call} ${command.usage()}"`
      expect(plain.split('\n').filter(line => line === heading)).toHaveLength(1)
      const section = plain.slice(plain.indexOf(heading) + 1).split(/^\.S[SH]/m)[0]
      for (const { flags, description } of command.createHelp().visibleOptions(command)) {
        expect(section).toContain(`.TP\n.B ${flags}\n${description}\n`)
      }
    },
  )

  test('has the sections that readers look for, once and in order', () => {
    const titles = lines.filter(line => line.startsWith('.SH ')).map(line => line.slice(4))
    expect(titles).toEqual([
      'NAME',
      'SYNOPSIS',
      'DESCRIPTION',
      'OPTIONS',
      'COMMANDS',
      'EXAMPLES',
      'EXIT CODES',
      'ENVIRONMENT',
    ])
  })

  test('consists of requests that troff knows, and of text without stray escapes', () => {
    const requests = new Set(lines.filter(line => line.startsWith('.')).map(line => line.split(' ')[0]))
    expect([...requests].sort()).toEqual(['.B', '.I', '.PP', '.SH', '.SS', '.TH', '.TP', '.fi', '.nf'])
    expect(page.match(/\\(?![-&e]|\(dq)/g)).toBeNull()
    expect(lines.filter(line => line.startsWith("'"))).toEqual([])
  })

  test('says nothing of commands that are for programs', () => {
    expect(page).not.toContain('__complete')
  })
})
