// Prints what CHANGELOG.md says of this version, for the page of its release. Fails where it says nothing, or where the
// tag that is released (GITHUB_REF_NAME) is that of another version.

import { readFileSync } from 'node:fs'
import { source } from './platforms.mjs'
import { at, main, Stop } from './steps.mjs'

await main(() => {
  const { version } = source
  const tag = process.env.GITHUB_REF_TYPE === 'tag' ? process.env.GITHUB_REF_NAME : undefined
  if (tag !== undefined && tag !== `v${version}`)
    throw new Stop(`tag ${tag} is not that of version ${version}`)
  const sections = readFileSync(at('CHANGELOG.md'), 'utf8').split(/^## /m)
  const section = sections.find(text => text.startsWith(`${version} (`) && !/^.*unreleased/i.test(text))
  if (section === undefined) throw new Stop(`CHANGELOG.md has no section "${version} (DATE)"`)
  console.log(section.slice(section.indexOf('\n')).trim())
})
