/**
 * How much of a plugin's texts another library's help has. Those libraries lay texts out in time that grows faster than
 * they do, or slowly: 80,000 characters take yargs half a minute, and as many spaces take commander longer.
 */
export const BOUNDS = {
  /** Arguments, options and subcommands of one command. More than anybody reads. */
  listed: 100,
  /** Characters of what a command says of itself, and of how it is called. */
  about: 500,
  /** Characters of what a listed one says, and of what else there is to know of an argument. */
  explanation: 120,
  /** Characters of a name. An option with a longer one is not listed. */
  name: 64,
} as const
