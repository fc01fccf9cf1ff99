//! What the host was started with.

/// All of the environment. The secret is in a variable that was not granted, beside some that were.
pub fn environment() -> String {
    std::env::vars()
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect()
}

/// All of the command line. The secret is an argument of the host's.
pub fn arguments() -> String {
    std::env::args().map(|argument| argument + "\n").collect()
}
