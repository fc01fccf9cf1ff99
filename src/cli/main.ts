#!/usr/bin/env node
import { endOnBrokenPipe } from '../broken-pipe.js'
import { Terminal } from '../terminal.js'
import { abortOnSignals } from './interrupt.js'
import { runProgram } from './program.js'

const terminal = new Terminal(process.stdout, process.stderr, process.env)
endOnBrokenPipe(terminal)
// Not awaited here: the bundle is CommonJS, which has no top-level await. A failure ends the process all the same.
void runProgram(process.argv.slice(2), { terminal, signal: abortOnSignals() })
