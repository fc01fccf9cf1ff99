// Runs one attempt on one host, in a process of its own: `node child.mjs HOST ATTEMPT ROOT MODULE SECRET`, in the
// fixture's work directory. Sends what was reported and what was changed; what the guest writes itself goes to standard
// output. An error that is no host's answer ends the process.

import { openSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { swaps, watchFixture } from './fixture.mjs'
import { startRace } from './races.mjs'

const [host, attempt, root, module] = process.argv.slice(2)

// What a guest finds if it gets at descriptors of the process.
openSync(join(root, 'outside', 'secret.txt'))
openSync(join(root, 'outside'))
const server = createServer().listen(0, '127.0.0.1')
await new Promise(resolve => server.once('listening', resolve))
const socket = connect(server.address().port, '127.0.0.1')
await new Promise(resolve => socket.once('connect', resolve))

const { open } = await import(`./hosts/${host}.mjs`)
const run = await open(module)
swaps[attempt]?.(root)
const endRace = await startRace(attempt, root)
const changedFiles = watchFixture(root, attempt)
const report = await run(attempt)
await endRace()
process.send({ report, changed: changedFiles() }, () => process.exit())
