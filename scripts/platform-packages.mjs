// Writes npm/<platform>/ from the list of platforms: `npm run build:packages`, after a change of what they say.

import { mkdirSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { platformManifest, platformReadme, platforms } from './platforms.mjs'
import { at } from './steps.mjs'

export function writePlatformPackages() {
  for (const platform of platforms) {
    mkdirSync(at('npm', platform.name), { recursive: true })
    writeFileSync(
      at('npm', platform.name, 'package.json'),
      `${JSON.stringify(platformManifest(platform), null, 2)}\n`,
    )
    writeFileSync(at('npm', platform.name, 'README.md'), platformReadme(platform))
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) writePlatformPackages()
