// Where the sources are, for the `repository` of what is published. Provenance is refused by npm where it is another one
// than the workflow's, which therefore says: a fork publishes its own.

import { ask } from './steps.mjs'

/** The repository's address as npm writes it, or undefined where the sources are nowhere public. */
export function repositoryUrl({ GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = process.env) {
  if (server !== undefined && name !== undefined) return `git+${server}/${name}.git`
  const origin = ask('git', ['remote', 'get-url', 'origin'])
  const [, host, path] = /^(?:https:\/\/|git@)([\w.-]+)[/:](.+?)(?:\.git)?$/.exec(origin ?? '') ?? []
  return host === undefined ? undefined : `git+https://${host}/${path}.git`
}
