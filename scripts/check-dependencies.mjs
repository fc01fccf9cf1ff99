// Looks at what the packages are made of: `npm run check:dependencies`. Licences, sources and known vulnerabilities of all
// that is linked into the addons by cargo-deny (deny.toml), of which it is made sure that it looked at every such crate,
// and known vulnerabilities of the npm packages by npm.
//
//   --no-advisories   leaves vulnerabilities out: for where the databases of them cannot be asked

import { parseArgs } from 'node:util'
import { keyOf, linkedCrates } from './linked-crates.mjs'
import { platforms } from './platforms.mjs'
import { ask, main, run, Stop } from './steps.mjs'

const VERSION = '0.20.2'

await main(() => {
  const { values } = parseArgs({ options: { 'no-advisories': { type: 'boolean' } } })
  if (ask('cargo', ['deny', '--version']) === undefined)
    throw new Stop(`cargo-deny is needed: cargo install --locked cargo-deny@${VERSION}`)

  const vulnerabilities = values['no-advisories'] ? [] : ['advisories']
  run('cargo', ['deny', '--locked', 'check', 'licenses', 'bans', 'sources', ...vulnerabilities])
  const count = requireAllLooked()
  console.log(`${count} crates are linked in, on one platform or another, and cargo-deny looked at each`)
  if (!values['no-advisories']) run('npm', ['audit', '--omit=dev'])
})

/** A crate that the settings of cargo-deny leave out by mistake would have any licence. */
function requireAllLooked() {
  const text = ask('cargo', ['deny', '--locked', 'list', '--format', 'json', '--layout', 'crate'])
  if (text === undefined) throw new Stop('cargo deny list failed')
  // As "serde 1.0.229 registry+https://…".
  const looked = new Set(Object.keys(JSON.parse(text)).map(crate => crate.split(' ', 2).join(' v')))
  const linked = new Set(platforms.flatMap(({ target }) => linkedCrates(target).map(keyOf)))
  const missed = [...linked].filter(crate => !looked.has(crate))
  if (missed.length > 0) throw new Stop(`cargo-deny did not look at ${missed.join(', ')}`)
  return linked.size
}
