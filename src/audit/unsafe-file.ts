import { PluginHostError, type UnsafeFileReason } from '../errors.js'
import { FILE_PROBLEMS, type Refusal } from '../private-file.js'

const ADVICE: Readonly<Record<UnsafeFileReason, string>> = {
  'symbolic-link': 'name the file itself',
  'hard-link': 'name a file of its own',
  'not-a-regular-file': 'name another',
  'foreign-owner': 'name another, or have it given to you',
  'writable-by-others': 'take that right away (chmod 600), or name another',
  'unsafe-directory': 'put it in one of your own (mode 700)',
}

/** Refuses an audit file that others have a hand in: `ERR_UNSAFE_FILE`. */
export function refusing(path: string): Refusal {
  return (reason, cause) => {
    const message = `${path} ${FILE_PROBLEMS[reason]}: ${ADVICE[reason]}`
    return new PluginHostError('ERR_UNSAFE_FILE', message, { path, reason }, { cause })
  }
}
