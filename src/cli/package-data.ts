import { createRequire } from 'node:module'

/** What is needed of the package's own package.json. */
interface PackageData {
  readonly name: string
  readonly version: string
  readonly engines: { readonly node: string }
}

export function packageData(): PackageData {
  // By the package's own name: this runs as a module of its own, and as part of a bundle elsewhere.
  return createRequire(import.meta.url)('sen-plugin-host/package.json') as PackageData
}
