let made = 0

/**
 * A module that nothing has seen before: the same code, and a custom section that differs, with an empty name, the
 * process's id and a counter in it.
 */
export function variant(module) {
  made += 1
  const section = Buffer.alloc(11)
  section.set([0, 9, 0])
  section.writeUInt32LE(process.pid, 3)
  section.writeUInt32LE(made, 7)
  return Buffer.concat([module, section])
}
