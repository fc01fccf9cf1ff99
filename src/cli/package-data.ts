import { createRequire } from 'node:module'

/** What is needed of the package's own package.json. */
export interface PackageData {
  readonly name: string
  readonly version: string
  readonly engines: { readonly node: string }
}

export function packageData(): PackageData {
  return createRequire(import.meta.url)('../../package.json') as PackageData
}
