import { expect, test } from 'vitest'
import { EXIT_CODES } from '../../src/exit-codes.js'
import { sen } from './sen.js'

const usage = ['ERR_INVALID_ARG', 'ERR_COMMAND_NOT_FOUND']

// That every code has one is what the type of the table says.
test.each(Object.entries(EXIT_CODES))('%s ends with %d', (code, exitCode) => {
  if (usage.includes(code)) expect(exitCode).toBe(2)
  else {
    expect(exitCode).toBeGreaterThanOrEqual(70)
    // Above are those that mean a signal.
    expect(exitCode).toBeLessThan(126)
  }
})

test('help says what every exit code means', async () => {
  const { stdout } = await sen(['--help'])
  const described = stdout.slice(stdout.indexOf('Exit codes:'))
  for (const exitCode of new Set([0, 130, 143, ...Object.values(EXIT_CODES)])) {
    expect(described).toMatch(new RegExp(`^ +${exitCode} `, 'm'))
  }
})
