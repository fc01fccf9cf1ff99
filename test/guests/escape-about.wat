;; Has terminal escapes in `about`: colour, clearing, a hyperlink (OSC 8), the clipboard (OSC 52), an 8-bit CSI, a new line.
;; The host must answer Success "ok"; the text is kept, and inert wherever it is shown.
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\acescape-about\d9`\1b[31mred\1b[0m \1b[2J\1b[H \1b]8;;http://example.test/\1b\\link\1b]8;;\1b\\ \1b]52;c;cHduZWQ=\07 \c2\9b1mC1\0d\0aforged line")
  (data (i32.const 256) "\81\a7Success\a2ok")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000072))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64) (i64.const 0x100_0000000c)))
