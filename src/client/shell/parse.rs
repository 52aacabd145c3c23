//! Walks the syntax tree of a command and reads its parts.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use tree_sitter::{Node, ParseOptions, ParseState, Parser, Point};

use super::{Analysis, Grasp, Nesting, Part, Redirect, ShellContext, Word};

/// Deepest syntax nesting that is followed.
pub(super) const MAX_DEPTH: usize = 48;
/// Most parts that are read.
const MAX_PARTS: usize = 2_000;

/// Most progress reports of the parser before the command counts as one that cannot be parsed. Counted, not timed:
/// the answer must not depend on the machine.
const MAX_STEPS: u32 = 20_000;

pub(super) struct Reader<'a> {
    pub(super) source: &'a str,
    pub(super) context: ShellContext<'a>,
    /// Variables of the command itself whose value is known (`None`: set, to something unknown).
    pub(super) variables: BTreeMap<String, Option<String>>,
    pub(super) out: Analysis,
}

/// Parses with the shell grammar; `None` where the text is no valid command.
pub fn read(command: &str, context: ShellContext<'_>) -> Option<Analysis> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_bash::LANGUAGE.into()).ok()?;
    let mut steps = 0u32;
    let mut bounded = |_: &ParseState| {
        steps += 1;
        if steps > MAX_STEPS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut bounded);
    let text = |at: usize, _: Point| command.as_bytes().get(at..).unwrap_or_default();
    let tree = parser.parse_with_options(&mut { text }, None, Some(options))?;
    let root = tree.root_node();
    let mut reader = Reader {
        source: command,
        context,
        variables: BTreeMap::new(),
        out: Analysis {
            grasp: Grasp::Whole,
            parts: Vec::new(),
            outer_redirects: Vec::new(),
            has_subshell: false,
            has_background: false,
            document_at: None,
        },
    };
    reader.children(root, Nesting::Top, 0);
    if root.has_error() {
        reader.out.grasp = Grasp::Unparseable;
    } else if reader.out.parts.is_empty() && reader.out.grasp == Grasp::Whole {
        reader.out.grasp = Grasp::Empty;
    }
    Some(reader.out)
}

pub(super) fn named<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).collect()
}

impl Reader<'_> {
    pub(super) fn text(&self, node: Node<'_>) -> &str {
        self.source.get(node.byte_range()).unwrap_or_default()
    }

    pub(super) fn complex(&mut self, why: &'static str) {
        if self.out.grasp == Grasp::Whole {
            self.out.grasp = Grasp::TooComplex(why);
        }
    }

    pub(super) fn children(&mut self, node: Node<'_>, nesting: Nesting, depth: usize) {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
        for child in children {
            if child.is_named() {
                self.statement(child, nesting, depth + 1);
            }
            self.out.has_background |= child.kind() == "&";
        }
    }

    fn statement(&mut self, node: Node<'_>, nesting: Nesting, depth: usize) {
        if depth > MAX_DEPTH || self.out.parts.len() > MAX_PARTS {
            return self.complex("it is nested too deeply or too long");
        }
        match node.kind() {
            "comment" | "ERROR" => {}
            "list" | "pipeline" | "program" => self.children(node, nesting, depth),
            "negated_command" | "if_statement" | "elif_clause" | "else_clause" => {
                self.children(node, nesting.max(Nesting::Branch), depth);
            }
            "subshell" => {
                self.out.has_subshell = true;
                let before = self.variables.clone();
                self.children(node, nesting.max(Nesting::Subshell), depth);
                self.variables = before;
            }
            "while_statement" | "do_group" => self.children(node, Nesting::Inner, depth),
            "for_statement" => self.for_loop(node, depth),
            "command" => {
                let part = self.command(node, nesting, depth);
                self.out.parts.push(part);
            }
            "declaration_command" | "unset_command" | "test_command" => {
                let part = self.declaration(node, nesting, depth);
                self.out.parts.push(part);
            }
            "variable_assignment" | "variable_assignments" => self.assignment_part(node, nesting, depth),
            "redirected_statement" => self.redirected(node, nesting, depth),
            "compound_statement" => {
                self.complex("it holds a command group");
                self.children(node, Nesting::Inner, depth);
            }
            "function_definition" => {
                self.complex("it defines a function");
                self.children(node, Nesting::Inner, depth);
            }
            "case_statement" | "case_item" | "c_style_for_statement" | "until_statement" => {
                self.complex("it holds control flow that is not followed");
                self.children(node, Nesting::Inner, depth);
            }
            _ => self.complex("it holds syntax that is not followed"),
        }
    }

    fn for_loop(&mut self, node: Node<'_>, depth: usize) {
        if self.text(node).starts_with("select") {
            self.complex("`select` reads what is not known");
        }
        if let Some(name) = node.child_by_field_name("variable") {
            let name = self.text(name).to_owned();
            self.variables.insert(name, None);
        }
        for child in named(node) {
            match child.kind() {
                "variable_name" => {}
                "do_group" => self.statement(child, Nesting::Inner, depth + 1),
                _ => {
                    self.word(child, depth + 1);
                }
            }
        }
    }

    fn redirected(&mut self, node: Node<'_>, nesting: Nesting, depth: usize) {
        let first = self.out.parts.len();
        let mut redirects = Vec::new();
        for child in named(node) {
            match child.kind() {
                "file_redirect" => redirects.extend(self.file_redirect(child, depth + 1)),
                "heredoc_redirect" => self.heredoc(child, nesting, &mut redirects, depth + 1),
                "herestring_redirect" => {
                    self.herestring(child, depth + 1);
                    // Rules see the string as part of the command.
                    let text = self.text(child).to_owned();
                    if let Some(part) = self.out.parts.get_mut(first..).and_then(|p| p.last_mut()) {
                        part.text = format!("{} {text}", part.text);
                    }
                }
                _ => self.statement(child, nesting, depth + 1),
            }
        }
        let body = node.child_by_field_name("body").map_or("", |b| b.kind());
        if matches!(body, "command" | "declaration_command" | "variable_assignment" | "test_command")
            && self.out.parts.len() > first
        {
            self.out.parts[first].redirects.extend(redirects);
        } else if matches!(body, "list" | "pipeline") && self.out.parts.len() > first {
            // The grammar hangs the redirection of the last command on the whole list.
            if let Some(last) = self.out.parts.last_mut() {
                last.redirects.extend(redirects);
            }
        } else {
            self.out.outer_redirects.extend(redirects);
        }
    }

    fn file_redirect(&mut self, node: Node<'_>, depth: usize) -> Vec<Redirect> {
        let mut operator = "";
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            if !child.is_named() {
                operator = child.kind();
            }
        }
        let targets: Vec<Node<'_>> =
            named(node).into_iter().filter(|c| c.kind() != "file_descriptor").collect();
        let mut out = Vec::new();
        for (i, target) in targets.into_iter().enumerate() {
            let word = self.word(target, depth + 1);
            if i > 0 {
                // Words after the target belong to the command; the grammar keeps them here.
                self.complex("words follow a redirection");
                continue;
            }
            let duplicates = matches!(operator, ">&" | "<&" | ">&-" | "<&-")
                && word.value.bytes().all(|b| b.is_ascii_digit() || b == b'-');
            if !duplicates {
                out.push(Redirect { writes: operator.contains('>'), target: word });
            }
        }
        out
    }

    fn heredoc(&mut self, node: Node<'_>, nesting: Nesting, redirects: &mut Vec<Redirect>, depth: usize) {
        let mut quoted = false;
        self.out.document_at.get_or_insert(node.start_byte());
        for child in named(node) {
            match child.kind() {
                "heredoc_start" => quoted = self.text(child).starts_with(['\'', '"', '\\']),
                "heredoc_body" if quoted => {}
                "heredoc_body" => self.complex("a here-document is expanded"),
                "heredoc_end" | "file_descriptor" => {}
                "file_redirect" => redirects.extend(self.file_redirect(child, depth + 1)),
                "herestring_redirect" => self.herestring(child, depth + 1),
                _ => {
                    self.complex("a command stands behind the mark of a here-document");
                    self.statement(child, nesting.max(Nesting::Inner), depth + 1);
                }
            }
        }
    }

    fn herestring(&mut self, node: Node<'_>, depth: usize) {
        for child in named(node) {
            self.word(child, depth + 1);
        }
    }

    fn command(&mut self, node: Node<'_>, nesting: Nesting, depth: usize) -> Part {
        let mut part = Part {
            text: String::new(),
            assignments: Vec::new(),
            words: Vec::new(),
            redirects: Vec::new(),
            nesting,
        };
        let (start, mut end) = (node.start_byte(), node.start_byte());
        let (mut gap, mut leading) = (false, false);
        let mut strings = Vec::new();
        for child in named(node) {
            match child.kind() {
                "variable_assignment" => {
                    let (name, value) = self.assignment(child, depth + 1);
                    let raw = self.text(child).to_owned();
                    if value.is_none() {
                        part.nesting = Nesting::Inner;
                        self.complex("a command is given a variable that is known only at run time");
                    }
                    part.assignments.push((name, raw));
                    end = child.end_byte();
                }
                "file_redirect" => {
                    let found = self.file_redirect(child, depth + 1);
                    part.redirects.extend(found);
                    if part.words.is_empty() && part.assignments.is_empty() {
                        // Rules see the redirection as the beginning of the command.
                        leading = true;
                    }
                    gap |= !leading;
                }
                "herestring_redirect" => {
                    self.herestring(child, depth + 1);
                    strings.push(self.text(child).to_owned());
                    gap = true;
                }
                "command_name" => {
                    for inner in named(child) {
                        let word = self.word(inner, depth + 1);
                        part.words.push(word);
                    }
                    end = child.end_byte();
                }
                _ => {
                    let word = self.word(child, depth + 1);
                    part.words.push(word);
                    if !gap {
                        end = child.end_byte();
                    }
                }
            }
        }
        part.text = if gap && part.words.len() > 1 {
            let assigned = part.assignments.iter().map(|a| a.1.as_str());
            assigned.chain(part.words.iter().map(|w| w.raw.as_str())).collect::<Vec<_>>().join(" ")
        } else {
            self.source.get(start..end.max(start)).unwrap_or_default().trim().to_owned()
        };
        for string in strings {
            part.text = format!("{} {string}", part.text);
        }
        part
    }

    fn declaration(&mut self, node: Node<'_>, nesting: Nesting, depth: usize) -> Part {
        let text = self.text(node).to_owned();
        let mut words = vec![];
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            let raw = self.text(child).to_owned();
            match child.kind() {
                "variable_assignment" => {
                    let (name, value) = self.assignment(child, depth + 1);
                    self.variables.insert(name, value);
                    words.push(literal(raw));
                }
                _ if !child.is_named() => words.push(literal(raw)),
                "variable_name" => words.push(literal(raw)),
                "unary_expression"
                | "binary_expression"
                | "parenthesized_expression"
                | "negated_expression"
                | "test_operator" => {
                    if raw.contains(['$', '`']) {
                        self.complex("a test is expanded");
                    }
                    words.push(literal(raw));
                }
                _ => {
                    let word = self.word(child, depth + 1);
                    words.push(word);
                }
            }
        }
        Part { text, assignments: Vec::new(), words, redirects: Vec::new(), nesting }
    }

    fn assignment_part(&mut self, node: Node<'_>, nesting: Nesting, depth: usize) {
        let nodes = if node.kind() == "variable_assignment" { vec![node] } else { named(node) };
        let mut assignments = Vec::new();
        for child in nodes {
            let (name, value) = self.assignment(child, depth + 1);
            self.variables.insert(name.clone(), value);
            assignments.push((name, self.text(child).to_owned()));
        }
        let text = self.text(node).to_owned();
        self.out.parts.push(Part { text, assignments, words: Vec::new(), redirects: Vec::new(), nesting });
    }

    fn assignment(&mut self, node: Node<'_>, depth: usize) -> (String, Option<String>) {
        let name = node.child_by_field_name("name").map(|n| self.text(n).to_owned()).unwrap_or_default();
        if name.contains('[') {
            self.complex("an assignment indexes");
        }
        let value = match node.child_by_field_name("value") {
            None => Some(String::new()),
            // The variable alone is set: what it holds is not known, what is run for it is.
            Some(value) if value.kind() == "command_substitution" => {
                self.children(value, Nesting::Inner, depth + 1);
                None
            }
            Some(value) => {
                let word = self.word(value, depth + 1);
                (!word.dynamic).then_some(word.value)
            }
        };
        (name, value.filter(|_| !self.text(node).contains("+=")))
    }
}

fn literal(raw: String) -> Word {
    Word { value: raw.clone(), raw, glob: false, dynamic: false }
}
