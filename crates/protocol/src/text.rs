//! How a message may quote what a guest sent: shortened, and with nothing a terminal would obey.

use std::fmt::{self, Display, Write};

/// What `value` displays as, at most `max_chars` characters of it and then an ellipsis; characters that do
/// not show or that steer a terminal or the direction of writing become escapes such as `\u{1b}`.
///
/// Quotes and backslashes stay as they are: the messages of serde contain quotes of their own. Formatting
/// ends as soon as the text is full, so a value of megabytes costs no more than a short one.
pub(crate) fn inert(value: impl Display, max_chars: usize) -> String {
    let mut text = Inert {
        text: String::new(),
        left: max_chars,
    };
    // An error says only that the text is full.
    let _ = write!(text, "{value}");
    text.text
}

struct Inert {
    text: String,
    left: usize,
}

impl Write for Inert {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        for c in part.chars() {
            let escaped = c.escape_debug();
            let is_plain = matches!(c, '"' | '\'' | '\\');
            let width = if is_plain { 1 } else { escaped.len() };
            let Some(left) = self.left.checked_sub(width) else {
                self.text.push('…');
                return Err(fmt::Error);
            };
            self.left = left;
            if is_plain {
                self.text.push(c);
            } else {
                self.text.extend(escaped);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_contains_no_character_that_a_terminal_would_obey() {
        let cases = [
            ("plain, \"quoted\", it's \\", "plain, \"quoted\", it's \\"),
            ("\u{1b}[31mred\u{7}", "\\u{1b}[31mred\\u{7}"),
            ("a\nb\r\tc\0", "a\\nb\\r\\tc\\0"),
            ("\u{9b}31m", "\\u{9b}31m"),
            (
                "\u{202e}\u{2066}\u{200b}\u{feff}",
                "\\u{202e}\\u{2066}\\u{200b}\\u{feff}",
            ),
            ("\u{2028}", "\\u{2028}"),
            ("größer 日本", "größer 日本"),
        ];
        for (raw, shown) in cases {
            assert_eq!(inert(raw, 200), shown);
        }
    }

    #[test]
    fn a_quoted_text_is_cut_where_it_gets_too_long() {
        assert_eq!(inert("abcd", 4), "abcd");
        assert_eq!(inert("abcde", 4), "abcd…");
        assert_eq!(inert("abc\u{1b}", 4), "abc…");
        assert_eq!(inert("x".repeat(1 << 20), 200).chars().count(), 201);
    }
}
