;; Has terminal escapes in its error message: colour, clearing, a hyperlink (OSC 8), the clipboard (OSC 52), an 8-bit CSI, a new line.
;; The host must answer Error 1 with that message, inert wherever it is shown.
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\acescape-error\acA test guest")
  (data (i32.const 256) "\81\a5Error\82\a4code\01\a7message\d9`\1b[31mred\1b[0m \1b[2J\1b[H \1b]8;;http://example.test/\1b\\link\1b]8;;\1b\\ \1b]52;c;cHduZWQ=\07 \c2\9b1mC1\0d\0aforged line")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_0000001d))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64) (i64.const 0x100_00000078)))
