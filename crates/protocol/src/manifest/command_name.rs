//! The grammar of command names.

/// The longest command name, in characters (which are bytes, as names are ASCII).
pub const MAX_COMMAND_NAME_CHARS: usize = 64;

/// Whether a command may be called that: one word of ASCII letters, digits, `-`, `_`, `:` and `.`, 1 to
/// [`MAX_COMMAND_NAME_CHARS`] long, that starts with a letter or digit.
///
/// So a name is never an option, a path, an escape sequence, or a text that looks like another name.
/// `constructor` is a name: whoever keeps commands in a JavaScript object must not give it a prototype.
#[must_use]
pub fn is_command_name(name: &str) -> bool {
    let starts_well = name
        .bytes()
        .next()
        .is_some_and(|first| first.is_ascii_alphanumeric());
    starts_well
        && name.len() <= MAX_COMMAND_NAME_CHARS
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_name_is_one_plain_word() {
        let longest = "x".repeat(MAX_COMMAND_NAME_CHARS);
        for name in [
            "a",
            "7",
            "hello",
            "db:create",
            "v1.2",
            "A-b_c",
            "constructor",
            "a..b",
            &longest,
        ] {
            assert!(is_command_name(name), "{name:?}");
        }
        let too_long = "x".repeat(MAX_COMMAND_NAME_CHARS + 1);
        let huge = "x".repeat(1 << 20);
        for name in [
            "",
            "-a",
            "--help",
            "_a",
            ".",
            "..",
            ":a",
            "__proto__",
            "a b",
            " a",
            "a ",
            "a\n",
            "a\0",
            "a/b",
            "../x",
            "a\\b",
            "a=b",
            "é",
            "аdmin", // begins with a Cyrillic letter
            "a\u{202e}b",
            "a\u{200b}",
            "a\u{301}",
            "\u{1b}[31m",
            "１",
            &too_long,
            &huge,
        ] {
            assert!(!is_command_name(name), "{name:?}");
        }
    }
}
