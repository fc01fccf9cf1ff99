/// A name that a guest gave, fit for a message: demangled, of bounded length, and inert on a
/// terminal. Mangled names are bounded first as well: a demangler can make them far longer.
pub(crate) fn shown(name: &str) -> String {
    const MAX_CHARS: usize = 256;
    let bounded: String = name.chars().take(4 * MAX_CHARS).collect();
    let demangled = format!("{:#}", rustc_demangle::demangle(&bounded));
    let mut text = String::new();
    for char in demangled.chars().take(MAX_CHARS) {
        match char {
            '"' | '\'' => text.push(char),
            // Controls, bidirectional and invisible characters become visible escapes.
            _ => text.extend(char.escape_debug()),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn names_are_demangled_bounded_and_inert() {
        assert_eq!(shown("run \"it's\""), "run \"it's\"");
        assert_eq!(
            shown("_ZN7example5inner17h0123456789abcdefE"),
            "example::inner"
        );
        assert_eq!(shown("a\u{1b}[31m\u{202e}"), "a\\u{1b}[31m\\u{202e}");
        assert_eq!(shown(&"x".repeat(100_000)).len(), 256);
    }
}
