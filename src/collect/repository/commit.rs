//! Reads a commit object's own bytes, also those that git tolerates and a strict parser refuses: a malformed landing must be counted too.

use gix::ObjectId;

use crate::model::change::{ClaimedTime, Person, SignatureKind};

/// A commit object, borrowed.
pub(super) struct RawCommit<'a> {
    pub tree: ObjectId,
    pub parents: Vec<ObjectId>,
    /// The whole value of the header: name, address, time.
    pub author: &'a [u8],
    pub committer: &'a [u8],
    pub encoding: Option<&'a [u8]>,
    /// Where the signature header lies in the object, with its continuation lines.
    pub signature: Option<std::ops::Range<usize>>,
    pub message: &'a [u8],
}

/// Splits a commit object into its headers. None where there is no tree or a parent is no object name.
pub(super) fn parse(data: &[u8]) -> Option<RawCommit<'_>> {
    let mut commit = RawCommit {
        tree: ObjectId::null(gix::hash::Kind::Sha1),
        parents: Vec::new(),
        author: b"",
        committer: b"",
        encoding: None,
        signature: None,
        message: b"",
    };
    let mut has_tree = false;
    let mut at = 0;
    while at < data.len() {
        let mut end = line_end(data, at);
        let line = &data[at..end];
        if line.is_empty() {
            commit.message = &data[(end + 1).min(data.len())..];
            break;
        }
        while data.get(end + 1) == Some(&b' ') {
            end = line_end(data, end + 1);
        }
        let space = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
        let value = line.get(space + 1..).unwrap_or_default();
        match &line[..space] {
            b"tree" if !has_tree => {
                commit.tree = ObjectId::from_hex(value).ok()?;
                has_tree = true;
            }
            b"parent" => commit.parents.push(ObjectId::from_hex(value).ok()?),
            b"author" if commit.author.is_empty() => commit.author = value,
            b"committer" if commit.committer.is_empty() => commit.committer = value,
            b"encoding" if commit.encoding.is_none() => commit.encoding = Some(value),
            b"gpgsig" | b"gpgsig-sha256" if commit.signature.is_none() => {
                commit.signature = Some(at..(end + 1).min(data.len()));
            }
            _ => {}
        }
        at = end + 1;
    }
    has_tree.then_some(commit)
}

fn line_end(data: &[u8], from: usize) -> usize {
    data[from..].iter().position(|byte| *byte == b'\n').map_or(data.len(), |offset| from + offset)
}

/// Name, address and time out of an `author` or `committer` header.
pub(super) struct Actor<'a> {
    pub name: &'a [u8],
    pub email: &'a [u8],
    pub time: Option<ClaimedTime>,
}

/// Splits a header value as git does: the address lies in the first `<` and the last `>`, the time after it.
pub(super) fn actor(value: &[u8]) -> Actor<'_> {
    let close = value.iter().rposition(|byte| *byte == b'>');
    let open = value.iter().position(|byte| *byte == b'<');
    let (name, email, rest) = match (open, close) {
        (Some(open), Some(close)) if open < close => {
            (&value[..open], &value[open + 1..close], &value[close + 1..])
        }
        _ => (value, &b""[..], close.map_or(&b""[..], |close| &value[close + 1..])),
    };
    Actor { name: name.trim_ascii(), email: email.trim_ascii(), time: claimed_time(rest) }
}

fn claimed_time(text: &[u8]) -> Option<ClaimedTime> {
    let text = std::str::from_utf8(text).ok()?;
    let mut words = text.split_ascii_whitespace();
    let seconds: i64 = words.next()?.parse().ok()?;
    let offset_seconds = words.next().map_or(0, |zone| {
        let (sign, digits) = match zone.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, zone.strip_prefix('+').unwrap_or(zone)),
        };
        let number: i32 = digits.parse().ok().filter(|number| (0..=9999).contains(number)).unwrap_or(0);
        sign * (number / 100 * 3600 + number % 100 * 60)
    });
    Some(ClaimedTime { seconds, offset_seconds })
}

/// The signature's own text and the bytes it was made over: the object without that header.
pub(super) fn signed_parts(data: &[u8], header: &std::ops::Range<usize>) -> (Vec<u8>, Vec<u8>) {
    let block = &data[header.clone()];
    let value = block.iter().position(|byte| *byte == b' ').map_or(block.len(), |space| space + 1);
    let mut signature = Vec::with_capacity(block.len());
    for (index, line) in block[value..].split(|byte| *byte == b'\n').enumerate() {
        signature.extend_from_slice(if index == 0 { line } else { line.strip_prefix(b" ").unwrap_or(line) });
        signature.push(b'\n');
    }
    while signature.ends_with(b"\n\n") {
        signature.pop();
    }
    (signature, [&data[..header.start], &data[header.end..]].concat())
}

/// The kind of signature by its armour.
pub(super) fn signature_kind(block: &[u8]) -> SignatureKind {
    let has = |mark: &[u8]| block.windows(mark.len()).take(64).any(|window| window == mark);
    if has(b"-----BEGIN SSH SIGNATURE-----") {
        SignatureKind::Ssh
    } else if has(b"-----BEGIN PGP ") {
        SignatureKind::Gpg
    } else if has(b"-----BEGIN SIGNED MESSAGE-----") {
        SignatureKind::X509
    } else {
        SignatureKind::Unknown
    }
}

/// Text as safe as it can be had: Latin-1 where the commit says so, else UTF-8 with other bytes written `\xNN`.
/// `damaged` is set where a byte had to be written so.
pub(super) fn text(bytes: &[u8], encoding: Option<&[u8]>, damaged: &mut bool) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let latin = encoding.is_some_and(|name| {
        [&b"ISO-8859-1"[..], b"ISO8859-1", b"ISO_8859-1", b"latin1", b"latin-1"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
    });
    if latin {
        return bytes.iter().map(|byte| char::from(*byte)).collect();
    }
    *damaged = true;
    escape_non_utf8(bytes)
}

/// UTF-8 as it stands, every other byte as `\xNN`.
pub(super) fn escape_non_utf8(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02X}"));
        }
    }
    text
}

/// A person as claimed.
pub(super) fn person(actor: &Actor<'_>, encoding: Option<&[u8]>, damaged: &mut bool) -> Person {
    Person { name: text(actor.name, encoding, damaged), email: text(actor.email, encoding, damaged) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";

    #[test]
    fn reads_what_a_strict_parser_refuses() {
        let data = format!("{HEAD}author nobody\ncommitter A <a>b> 12 +0230\nodd\n\nhello");
        let commit = parse(data.as_bytes()).expect("a commit");
        assert_eq!(commit.message, b"hello");
        let committer = actor(commit.committer);
        assert_eq!(committer.email, b"a>b");
        assert_eq!(committer.time, Some(ClaimedTime { seconds: 12, offset_seconds: 9000 }));
        assert_eq!(actor(commit.author).time, None);
        assert!(parse(b"parent x\n\n").is_none());
        assert!(parse(b"").is_none());
    }

    #[test]
    fn takes_the_signature_out_and_leaves_the_signed_bytes() {
        let data = format!(
            "{HEAD}author A <a> 1 +0000\ngpgsig -----BEGIN SSH SIGNATURE-----\n AAA\n -----END-----\nx y\n\nm"
        );
        let commit = parse(data.as_bytes()).expect("a commit");
        let header = commit.signature.expect("signed");
        assert_eq!(signature_kind(&data.as_bytes()[header.clone()]), SignatureKind::Ssh);
        let (signature, signed) = signed_parts(data.as_bytes(), &header);
        assert_eq!(signature, b"-----BEGIN SSH SIGNATURE-----\nAAA\n-----END-----\n");
        assert_eq!(signed, format!("{HEAD}author A <a> 1 +0000\nx y\n\nm").as_bytes());
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_not_lost() {
        let mut damaged = false;
        assert_eq!(text(b"J\xf6rg", Some(b"iso-8859-1"), &mut damaged), "J\u{f6}rg");
        assert!(!damaged);
        assert_eq!(text(b"J\xf6rg", None, &mut damaged), "J\\xF6rg");
        assert!(damaged);
    }
}
