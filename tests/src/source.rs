//! Our own source text, read as Rust tokens: which functions there are, how long they are, what is test code.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

use crate::workspace::root;

/// One Rust file of the repository.
#[derive(Debug)]
pub struct Source {
    /// Path from the root of the repository.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
    tokens: TokenStream,
    tests: Vec<RangeInclusive<usize>>,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name, without its module.
    pub name: String,
    /// The line of `fn`, from 1.
    pub line: usize,
    /// Lines from `fn` to the closing brace, both counted.
    pub lines: usize,
}

/// Paths of all files that Git knows or would add, from the root of the repository, sorted.
pub fn tracked_files() -> Vec<PathBuf> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root())
        .output()
        .expect("git is one of the programs tests/run asks for");
    let names = String::from_utf8_lossy(&output.stdout).into_owned();
    let exists = |path: &PathBuf| root().join(path).is_file();
    names
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(PathBuf::from)
        .filter(exists)
        .collect()
}

/// Every Rust file that is ours.
pub fn rust_files() -> Vec<Source> {
    let paths = tracked_files().into_iter();
    paths
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .filter_map(|path| Source::read(&path))
        .collect()
}

impl Source {
    /// `None` where the file is no Rust: the cases that must not compile may not even parse.
    fn read(path: &Path) -> Option<Source> {
        let text = std::fs::read_to_string(root().join(path)).expect("source files are UTF-8");
        Some(Source::parse(
            path.to_owned(),
            text.clone(),
            text.parse().ok()?,
        ))
    }

    fn parse(path: PathBuf, text: String, tokens: TokenStream) -> Source {
        let mut tests = Vec::new();
        test_ranges(tokens.clone(), &mut tests);
        Source {
            path,
            text,
            tokens,
            tests,
        }
    }

    /// The crate's folder: `crates/rr` for `crates/rr/src/lib.rs`.
    pub fn folder(&self) -> &Path {
        let inside = |part: &Path| {
            matches!(
                part.file_name().and_then(|n| n.to_str()),
                Some("src" | "tests" | "benches" | "examples")
            )
        };
        let outermost = self.path.ancestors().filter(|a| inside(a)).last();
        outermost.and_then(Path::parent).unwrap_or(Path::new(""))
    }

    /// True for files that are compiled only for tests and benchmarks.
    pub fn is_test_file(&self) -> bool {
        let in_folder = |name| self.path.components().any(|c| c.as_os_str() == name);
        let named = self.path.file_name().is_some_and(|n| n == "tests.rs");
        in_folder("tests")
            || in_folder("benches")
            || in_folder("fuzz")
            || in_folder("examples")
            || in_folder("testbed")
            || named
    }

    /// True where the line belongs to a test.
    pub fn is_test_line(&self, line: usize) -> bool {
        self.is_test_file() || self.tests.iter().any(|range| range.contains(&line))
    }

    /// All functions with a body, tests included.
    pub fn functions(&self) -> Vec<Function> {
        let mut found = Vec::new();
        functions(self.tokens.clone(), &mut found);
        found
    }

    /// Lines with a call of `method` such as `.unwrap()`, outside tests.
    pub fn calls(&self, method: &str) -> Vec<usize> {
        let mut found = Vec::new();
        calls(self.tokens.clone(), method, &mut found);
        found.retain(|line| !self.is_test_line(*line));
        found
    }

    /// Lines with the macro `name!`, tests included.
    pub fn macros(&self, name: &str) -> Vec<usize> {
        let mut found = Vec::new();
        macros(self.tokens.clone(), name, &mut found);
        found
    }

    /// Lines that are neither blank nor only a comment nor test code.
    pub fn code_lines(&self) -> usize {
        let code = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
        self.text
            .lines()
            .enumerate()
            .filter(|(at, line)| code(line) && !self.is_test_line(at + 1))
            .count()
    }
}

/// Finds `#[cfg(test)]` and `#[test]` with the item that follows.
fn test_ranges(tokens: TokenStream, found: &mut Vec<RangeInclusive<usize>>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match (&tokens[at], tokens.get(at + 1)) {
            (TokenTree::Punct(hash), Some(TokenTree::Group(attribute)))
                if hash.as_char() == '#' && is_test(attribute) =>
            {
                let end = item_end(&tokens, at + 2);
                found.push(hash.span().start().line..=tokens[end].span().end().line);
                at = end + 1;
            }
            (TokenTree::Group(group), _) => {
                test_ranges(group.stream(), found);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

fn is_test(attribute: &Group) -> bool {
    matches!(
        attribute.stream().to_string().replace(' ', "").as_str(),
        "test" | "cfg(test)"
    )
}

/// The index of the token that ends the item: its block, or a semicolon.
fn item_end(tokens: &[TokenTree], from: usize) -> usize {
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    };
    let rest = tokens.iter().enumerate().skip(from);
    rest.filter(|(_, token)| ends(token))
        .map(|(at, _)| at)
        .next()
        .unwrap_or(tokens.len() - 1)
}

fn functions(tokens: TokenStream, found: &mut Vec<Function>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(word) if word == "fn" => found.extend(function(&tokens, at)),
            TokenTree::Group(group) => functions(group.stream(), found),
            _ => {}
        }
    }
}

/// The function whose `fn` stands at `at`; `None` for a function type or a declaration without a body.
fn function(tokens: &[TokenTree], at: usize) -> Option<Function> {
    let TokenTree::Ident(name) = tokens.get(at + 1)? else {
        return None;
    };
    let end = item_end(tokens, at + 2);
    let TokenTree::Group(body) = &tokens[end] else {
        return None;
    };
    let line = tokens[at].span().start().line;
    Some(Function {
        name: name.to_string(),
        line,
        lines: body.span_close().end().line + 1 - line,
    })
}

fn calls(tokens: TokenStream, method: &str, found: &mut Vec<usize>) {
    let mut after_dot = false;
    for token in tokens {
        match &token {
            TokenTree::Ident(word) if after_dot && word == method => {
                found.push(word.span().start().line);
            }
            TokenTree::Group(group) => calls(group.stream(), method, found),
            _ => {}
        }
        after_dot = matches!(&token, TokenTree::Punct(dot) if dot.as_char() == '.' && dot.spacing() == Spacing::Alone);
    }
}

fn macros(tokens: TokenStream, name: &str, found: &mut Vec<usize>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match (token, tokens.get(at + 1)) {
            (TokenTree::Ident(word), Some(TokenTree::Punct(mark)))
                if word == name && mark.as_char() == '!' =>
            {
                found.push(word.span().start().line);
            }
            (TokenTree::Group(group), _) => macros(group.stream(), name, found),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::parse(
            "crates/x/src/lib.rs".into(),
            text.to_owned(),
            text.parse().unwrap(),
        )
    }

    #[test]
    fn functions_are_measured_from_fn_to_brace() {
        let source = source(
            "pub fn a() -> u8 {\n 1\n}\ntrait T { fn b(); }\nimpl T { fn c(f: fn(u8) -> u8) {} }\n",
        );
        let found: Vec<_> = source
            .functions()
            .into_iter()
            .map(|f| (f.name, f.line, f.lines))
            .collect();
        assert_eq!(found, [("a".to_owned(), 1, 3), ("c".to_owned(), 5, 1)]);
    }

    #[test]
    fn calls_in_tests_and_texts_do_not_count() {
        let text = "fn a() { b.unwrap(); \".unwrap()\"; }\n#[cfg(test)]\nmod tests {\n fn c() { d.unwrap() }\n}\nfn e() { f!(g.unwrap()) }\n";
        assert_eq!(source(text).calls("unwrap"), [1, 6]);
    }

    #[test]
    fn code_lines_leave_out_comments_and_tests() {
        assert_eq!(
            source("//! x\n\nfn a() {}\n// y\n#[test]\nfn b() {}\n").code_lines(),
            1
        );
    }
}
