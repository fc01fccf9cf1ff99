//! What the user typed, read word by word: `--option VALUE`, `--option=VALUE`, `-o VALUE`, `--` and the name.

/// How the greeting is said.
#[derive(Clone, Copy)]
pub enum Style {
    Plain,
    Shout,
    Whisper,
}

impl Style {
    pub const NAMES: [&str; 3] = ["plain", "shout", "whisper"];

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "plain" => Ok(Self::Plain),
            "shout" => Ok(Self::Shout),
            "whisper" => Ok(Self::Whisper),
            _ => Err(format!(
                "invalid style '{text}': choose one of {}",
                Self::NAMES.join(", ")
            )),
        }
    }
}

pub struct Arguments {
    pub greeting: String,
    pub name: String,
    pub style: Style,
    pub count: usize,
}

impl Arguments {
    /// Reads the words after the command's name. A subcommand is recognised as the first of them only, so that
    /// `greet -- morning` can greet someone called morning.
    ///
    /// # Errors
    ///
    /// A sentence for the user, when a word is not understood.
    pub fn parse(words: &[String]) -> Result<Self, String> {
        let mut words = words.iter().map(String::as_str).peekable();
        let fixed_greeting = match words.peek() {
            Some(&"morning") => Some("Good morning"),
            Some(&"evening") => Some("Good evening"),
            _ => None,
        };
        if fixed_greeting.is_some() {
            words.next();
        }

        let mut greeting = fixed_greeting.unwrap_or("Hello");
        let mut name = None;
        let mut style = Style::Plain;
        let mut count = 1;
        let mut only_names = false;

        while let Some(word) = words.next() {
            if only_names || word == "-" || !word.starts_with('-') {
                if name.replace(word).is_some() {
                    return Err(format!("unexpected argument '{word}': there is one name"));
                }
                continue;
            }
            if word == "--" {
                only_names = true;
                continue;
            }
            let (option, attached) = match word.split_once('=') {
                Some((option, value)) if word.starts_with("--") => (option, Some(value)),
                _ => (word, None),
            };
            let mut value = || {
                attached
                    .or_else(|| words.next())
                    .ok_or_else(|| format!("option '{option}' needs a value"))
            };
            match option {
                "--greeting" | "-g" if fixed_greeting.is_none() => greeting = value()?,
                "--style" | "-s" => style = Style::parse(value()?)?,
                "--count" | "-n" => count = parse_count(value()?)?,
                _ => return Err(format!("unknown option '{option}'")),
            }
        }

        let name = match (name, fixed_greeting) {
            (Some(name), _) => name,
            (None, None) => "World",
            (None, Some(_)) => return Err("a name is missing".into()),
        };
        Ok(Self {
            greeting: greeting.into(),
            name: name.into(),
            style,
            count,
        })
    }
}

fn parse_count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=100) => Ok(count),
        _ => Err(format!(
            "invalid count '{text}': a number from 1 to 100 is needed"
        )),
    }
}
