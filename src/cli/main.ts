#!/usr/bin/env node
import { endOnBrokenPipe } from '../broken-pipe.js'
import { expectExecutions } from '../native.js'
import { Terminal } from '../terminal.js'
import { abortOnSignals } from './interrupt.js'
import { runProgram } from './program.js'

/** No command runs more than a few plugins at once. */
const EXECUTIONS = 64

expectExecutions(EXECUTIONS)
const terminal = new Terminal(process.stdout, process.stderr, process.env)
endOnBrokenPipe(terminal)
// Not awaited here: the bundle is CommonJS, which has no top-level await. A failure ends the process all the same.
void runProgram(process.argv.slice(2), { terminal, signal: abortOnSignals() })
