//! What people, scripts and enemies type.

use crate::both::strings;
use crate::random::Random;

/// Texts that have been trouble somewhere.
pub const TEXTS: [&str; 34] = [
    "",
    " ",
    "World",
    "two words",
    "Ærøskøbing",
    "Straße",
    "İstanbul ıssız",
    "ΟΔΥΣΣΕΥΣ",
    "日本語",
    "🦀",
    "👩‍👩‍👧‍👦",
    "🇩🇪",
    "e\u{301}\u{328}",
    "שלום",
    "مرحبا",
    "\u{202e}drow",
    "\u{200b}",
    "\u{feff}bom",
    "\0",
    "nul\0inside",
    "\u{1b}[31mred\u{1b}[0m",
    "\u{7f}\u{80}\u{9b}",
    "\r\n",
    "tab\tand\nlines\n\nand more",
    "\u{2028}\u{2029}\u{85}",
    "\u{10ffff}\u{e000}\u{fffd}",
    "ﬁ ŉ ǰ",
    "\"quoted\" 'and' `ticked` \\ $HOME %PATH%",
    "-",
    "--",
    "-1",
    "0x10",
    "18446744073709551616",
    "null",
];

/// Arguments of every length and kind, for any plugin.
pub fn general() -> Vec<Vec<String>> {
    let mut all = vec![
        vec![],
        vec![String::new()],
        vec![String::new(); 15],
        vec![String::new(); 16],
        vec![String::new(); 1_000],
        vec![String::new(); 65_535],
        vec![String::new(); 65_536],
        // As much as the fuel lasts for in some plugins, and more than it does in others.
        vec!["x".repeat(100 << 10)],
        vec!["x".repeat(1 << 20)],
        vec!["é🦀 ".repeat(10_000)],
        vec!["é🦀 ".repeat(100_000)],
        (0..2_000).map(|number| number.to_string()).collect(),
        (0..10_000).map(|number| number.to_string()).collect(),
        strings(&TEXTS),
    ];
    all.extend(TEXTS.iter().map(|&text| strings(&[text])));
    // Around each of the heads that a string can have.
    for length in [31, 32, 255, 256, 65_535, 65_536] {
        all.push(vec!["a".repeat(length)]);
        all.push(vec!["a".repeat(length), "after".into()]);
    }
    all
}

/// What `greet` knows, and what it nearly knows.
pub fn of_greet() -> Vec<Vec<String>> {
    [
        "Ada",
        "--greeting Hi Ada",
        "--greeting=Hi Ada",
        "-g Hi Ada",
        "-gHi Ada",
        "Ada -g Hi",
        "--style shout Straße",
        "--style=whisper Ada",
        "-s plain Ada",
        "--style loud Ada",
        "--style",
        "--style=",
        "--count 3 Ada",
        "-n 100 Ada",
        "--count 0",
        "--count 101",
        "--count -1",
        "--count 1.5",
        "--count 99999999999999999999",
        "--count= Ada",
        "--count",
        "morning",
        "morning Ada",
        "evening Ada -s shout -n 2",
        "morning -g Hi Ada",
        "morning morning",
        "-- morning",
        "-- --style",
        "--",
        "- -",
        "Ada Grace",
        "--unknown",
        "--Style plain",
        "---",
        "-x",
        "noon Ada",
        "--greeting -- Ada",
        "-s shout -s whisper Ada",
    ]
    .iter()
    .map(|line| line.split(' ').map(str::to_owned).collect())
    .collect()
}

/// Numbers as people write them, and as they do not.
pub fn numbers() -> Vec<Vec<String>> {
    [
        "0",
        "1",
        "7",
        "1000",
        "20000",
        "+1",
        "-0",
        "-1",
        "01",
        "1e3",
        "1_000",
        " 1",
        "1 ",
        "٣",
        "1.0",
        "18446744073709551616",
        "x",
    ]
    .iter()
    .map(|number| strings(&[number]))
    .collect()
}

/// `fail` in every way it has.
pub fn of_fail() -> Vec<Vec<String>> {
    [
        &["user"][..],
        &["user", "what went wrong"],
        &["user", ""],
        &["system"],
        &["system", "🦀\0\u{1b}[31m"],
        &["panic"],
        &["memory"],
        &["stack"],
        &["User"],
        &["stack "],
    ]
    .iter()
    .map(|args| strings(args))
    .collect()
}

/// Two hundred lists that nobody thought of, the same in every run.
pub fn generated(seed: u64) -> Vec<Vec<String>> {
    const WORDS: [&str; 16] = [
        "morning",
        "evening",
        "--style",
        "--style=shout",
        "-s",
        "whisper",
        "--count",
        "-n",
        "3",
        "--greeting=",
        "-g",
        "--",
        "user",
        "system",
        "12",
        "Ada",
    ];
    let mut random = Random::from_seed(seed);
    let text = |random: &mut Random| match random.below(4) {
        0 => (*random.pick(&TEXTS)).to_owned(),
        1 => {
            let length = random.below(40);
            (0..length)
                .filter_map(|_| char::from_u32(random.next() as u32 % 0x11_0000))
                .collect()
        }
        _ => (*random.pick(&WORDS)).to_owned(),
    };
    (0..200)
        .map(|_| {
            let count = random.below(7);
            (0..count).map(|_| text(&mut random)).collect()
        })
        .collect()
}
