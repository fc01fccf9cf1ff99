import { describe, expect, test } from 'vitest'
import { suggestionsFor } from '../src/suggestions.js'

describe('a word that is none of the names comes with those that may have been meant:', () => {
  test.each([
    ['exchanged letters', 'shuot', ['plain', 'shout', 'whisper'], ['shout']],
    ['exchanged letters at the start', 'hsout', ['shout'], ['shout']],
    ['exchanged letters at the end', 'shotu', ['shout'], ['shout']],
    ['exchanged letters of a short word', 'snede', ['sende'], ['sende']],
    ['exchanged letters of three', 'rnu', ['run', 'runs'], ['run']],
    ['exchanged letters of an option', '--stlye', ['--style', '--help'], ['--style']],
    ['a letter too few', 'shot', ['shout'], ['shout']],
    ['a letter too many', 'shoout', ['shout'], ['shout']],
    ['another letter', 'shoat', ['shout'], ['shout']],
    ['the beginning of a name', 's', ['status', 'shout', 'plain'], ['shout', 'status']],
    ['the beginning of an option', '--s', ['--style', '--help'], ['--style']],
    ['letters exchanged that are not neighbours', 'tuosh', ['shout'], []],
    ['two mistakes in a word of five', 'shxxt', ['shout'], []],
    ['one letter', 'x', ['y', 'ox'], []],
    ['one letter of an option', '-x', ['-h', '-V', '--help', '--version'], []],
    ['dashes alone', '--', ['--help', '--'], []],
    ['nothing', '', ['help'], []],
  ])('%s: %j', (_, word, names, suggestions) => {
    expect(suggestionsFor(word, names)).toEqual(suggestions)
  })
})
