import { createInterface } from 'node:readline'
import type { ReplOptions } from '../commands/repl.js'
import type { Context } from '../context.js'
import { report, UsageError } from '../failure.js'
import { counted } from '../units.js'
import { Announcements } from './announcements.js'
import { CommandReader } from './command-reader.js'
import { type Completion, complete } from './completion.js'
import { History, historyPath, MAX_LINES } from './history.js'
import { interpret } from './interpreter.js'
import { LineQueue } from './line-queue.js'
import { LineStart } from './line-start.js'
import { Session } from './session.js'

const PROMPT = 'sen> '
const CONTINUATION_PROMPT = '...> '

/** Carries out commands line by line, from a person or from a pipe; returns the exit code. */
export async function openShell(context: Context, options: ReplOptions): Promise<number> {
  const { terminal } = context
  if (!process.stdin.isTTY || !terminal.stdout.isTerminal) {
    // What is piped in acts on the plugins that were there when it began, and its output is its commands' alone.
    return await carryOut(await Session.open(context, options))
  }
  const announcements = new Announcements(terminal, process.stdout, process.env.TERM !== 'dumb')
  const session = await Session.open(context, options, event => announcements.add(event))
  try {
    return await converse(session, announcements)
  } finally {
    await session.close()
  }
}

/** Reads commands from a pipe or file: the exit code is the last one's. */
async function carryOut(session: Session): Promise<number> {
  const reader = new CommandReader()
  let exitCode = 0
  for await (const line of createInterface({ input: process.stdin })) {
    const [name, ...args] = reader.read(line) ?? []
    if (name !== undefined) exitCode = await interpret(session, [name, ...args])
    if (session.leaving) return exitCode
  }
  if (!reader.isOpen) return exitCode
  return report(session.terminal, new UsageError('the input ends inside a quote'), session.report)
}

/** Talks to a person, who is not to blame for how the last command ended: the exit code is 0. */
async function converse(session: Session, announcements: Announcements): Promise<number> {
  const { terminal } = session
  const reader = new CommandReader()
  const history = await openHistory(session)
  const editor = createInterface({
    input: process.stdin,
    output: process.stdout,
    history: history.lines.toReversed(),
    historySize: MAX_LINES,
    removeHistoryDuplicates: true,
    completer: (line: string, done: (error: Error | null, completion?: Completion) => void) => {
      complete(line, session.commands).then(
        completion => done(null, completion),
        (error: Error) => done(error),
      )
    },
  })
  const typed = new LineQueue(editor)
  session.prompt.listenTo(typed, editor)
  const lineStart = new LineStart(process.stdout, process.stderr)
  const prompt = () => {
    // The editor draws over the line that it finds.
    if (!lineStart.isReached) terminal.stdout.write('\n')
    announcements.prompt(editor, reader.isOpen ? CONTINUATION_PROMPT : PROMPT)
  }
  let saidHowToLeave = false
  editor.on('SIGINT', () => {
    const hadText = editor.line !== ''
    if (hadText) {
      // End of the line, then everything before it.
      editor.write(null, { ctrl: true, name: 'e' })
      editor.write(null, { ctrl: true, name: 'u' })
    }
    // What was typed ahead of the command that is stopped goes with it.
    const hadLines = typed.clear()
    if (session.stop()) {
      if (hadText) terminal.stdout.write('\n')
      return
    }
    if (!hadText && !hadLines && !reader.isOpen && saidHowToLeave) {
      editor.close()
      return
    }
    reader.discard()
    terminal.stdout.write('\n')
    terminal.note('Ctrl-C again, Ctrl-D or exit leaves')
    saidHowToLeave = true
    prompt()
  })

  terminal.note(
    `${counted(session.commands.length, 'command')}: help lists them, Tab completes them, exit or Ctrl-D leaves`,
  )
  prompt()
  for (let line = await typed.next(); line !== undefined; line = await typed.next()) {
    announcements.hold()
    saidHowToLeave = false
    history.add(line)
    const [name, ...args] = reader.read(line) ?? []
    if (name !== undefined) await interpret(session, [name, ...args])
    if (session.leaving) break
    // Lines that were pasted, or typed ahead, are asked for no more. An editor that has closed would open the terminal
    // again, and read nothing from it.
    if (typed.isEmpty && !typed.isClosed) prompt()
  }
  announcements.hold()
  editor.close()
  if (!lineStart.isReached) terminal.stdout.write('\n')
  await history.close()
  return 0
}

async function openHistory({ terminal }: Session): Promise<History> {
  try {
    return await History.open(historyPath())
  } catch (error) {
    terminal.note(`no history is kept: ${(error as Error).message}`)
    return History.forgetful()
  }
}
