import { afterAll, bench, expect } from 'vitest'
import { answer, Project, plugin } from './project.js'
import { publish } from './publish.js'
import { removeAll, scratch } from './tarballs.js'

// `npm run bench:install`: how long it takes somebody who has nothing but npm to have run a plugin.

const directory = await scratch()
const registry = await publish(directory)
let projects = 0

afterAll(async () => {
  await registry.close()
  await removeAll(directory)
})

bench(
  'npm install from a registry on this machine, nothing cached, and the first plugin run',
  async () => {
    projects += 1
    const project = await Project.create(directory, `cold-${projects}`, registry.url)
    expect(await project.manage('npm', 'install', 'sen-plugin-host')).toMatchObject({ code: 0 })
    expect(await project.node('main.mjs', plugin)).toEqual({ code: 0, stdout: answer, stderr: '' })
  },
  { iterations: 7, time: 0, warmupIterations: 0, warmupTime: 0, throws: true },
)
