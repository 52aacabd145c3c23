//! Opens one log file without being held up by it, and gives its bytes: plain ranges, or the stream behind a compression.

use std::fs::{File, Metadata};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::activity::{GapReason, LogGap};

/// Bytes of a read. Larger reads leave the processor's cache and cost three times as much.
pub const READ: usize = 64 * 1024;
/// First bytes (after decompression) that name the content of a file.
pub const HEAD: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    Gzip,
    Zstd,
    Xz,
}

impl Compression {
    pub fn name(self) -> &'static str {
        match self {
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
            Compression::Xz => "xz",
        }
    }
}

/// An open regular file.
pub struct Source {
    pub path: PathBuf,
    /// Kept open, so that a rotation between listing and reading loses nothing; let go when there are many.
    file: Option<Arc<File>>,
    /// Size when it was opened: bytes written later are not read.
    pub bytes: u64,
    /// Names the file itself, whatever it is called.
    pub identity: (u64, u64),
    pub compression: Option<Compression>,
    pub head: Vec<u8>,
    decoder_kib: u32,
}

fn gap(path: &Path, reason: GapReason, detail: impl Into<String>) -> LogGap {
    LogGap { path: path.display().to_string(), reason, detail: detail.into() }
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    // Without NONBLOCK, opening a FIFO waits for a writer for ever.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(unix)]
fn identity(meta: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (meta.dev(), meta.ino())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// Reads at an offset without moving a shared position.
#[cfg(unix)]
fn read_at(file: &File, out: &mut [u8], offset: u64) -> io::Result<usize> {
    use std::os::unix::fs::FileExt;
    loop {
        match file.read_at(out, offset) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

#[cfg(windows)]
fn read_at(file: &File, out: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, out, offset)
}

impl Source {
    /// Opens a path that names a regular file, possibly through symbolic links.
    ///
    /// # Errors
    /// The gap: absent, unreadable, or not a regular file.
    pub fn open(path: &Path, decoder_kib: u32) -> Result<Self, LogGap> {
        // Looked at before it is opened: opening a device can act on it.
        let meta = std::fs::metadata(path).map_err(|error| failed(path, &error))?;
        if !meta.is_file() {
            return Err(gap(path, GapReason::NotAFile, kind_of(path, &meta)));
        }
        let file = open(path).map_err(|error| failed(path, &error))?;
        let meta = file.metadata().map_err(|error| failed(path, &error))?;
        if !meta.is_file() {
            return Err(gap(path, GapReason::NotAFile, kind_of(path, &meta)));
        }
        let mut source = Source {
            path: path.to_owned(),
            file: Some(Arc::new(file)),
            bytes: meta.len(),
            identity: identity(&meta),
            compression: None,
            head: Vec::new(),
            decoder_kib,
        };
        let mut magic = [0u8; 6];
        let reader = source.reader().map_err(|error| failed(path, &error))?;
        let n = reader.range(&mut magic, 0).map_err(|error| failed(path, &error))?;
        source.compression = match &magic[..n] {
            [0x1F, 0x8B, ..] => Some(Compression::Gzip),
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Some(Compression::Zstd),
            [0xFD, b'7', b'z', b'X', b'Z', 0] => Some(Compression::Xz),
            [b'B', b'Z', b'h', ..] if path.extension().is_some_and(|e| e == "bz2") => {
                return Err(gap(path, GapReason::NotSupported, "bzip2"));
            }
            _ => None,
        };
        let mut head = vec![0u8; HEAD];
        let mut filled = 0;
        match source.compression {
            None => {
                while filled < HEAD {
                    match reader.range(&mut head[filled..], filled as u64) {
                        Ok(0) => break,
                        Ok(n) => filled += n,
                        Err(error) => return Err(failed(path, &error)),
                    }
                }
            }
            Some(_) => {
                // A broken stream is reported when it is read; its head is what could be read.
                if let Ok(mut stream) = source.stream() {
                    while let Ok(n) = stream.read(&mut head[filled..]) {
                        filled += n;
                        if n == 0 || filled == HEAD {
                            break;
                        }
                    }
                }
            }
        }
        head.truncate(filled);
        source.head = head;
        Ok(source)
    }

    /// Lets go of the open file; it is opened again when it is read.
    pub fn let_go(&mut self) {
        self.file = None;
    }

    /// The file, opened again where it was let go.
    ///
    /// # Errors
    /// It cannot be opened, or another file has its name now.
    pub fn reader(&self) -> io::Result<Reader> {
        let file = match &self.file {
            Some(file) => Arc::clone(file),
            None => {
                let file = open(&self.path)?;
                if identity(&file.metadata()?) != self.identity {
                    return Err(io::Error::other("was replaced by another file before it could be read"));
                }
                Arc::new(file)
            }
        };
        Ok(Reader { file, bytes: self.bytes, at: 0 })
    }

    /// The bytes behind the compression, from the start.
    ///
    /// # Errors
    /// The stream's header is broken, or it asks for more memory than is allowed.
    pub fn stream(&self) -> io::Result<Box<dyn Read>> {
        let raw = BufReader::with_capacity(READ, self.reader()?);
        Ok(match self.compression {
            None => Box::new(raw),
            Some(Compression::Gzip) => Box::new(flate2::bufread::MultiGzDecoder::new(raw)),
            Some(Compression::Xz) => {
                Box::new(lzma_rust2::XzReader::new_mem_limit(raw, true, self.decoder_kib))
            }
            Some(Compression::Zstd) => {
                Box::new(Frames { raw: Some(raw), decoder: None, limit: u64::from(self.decoder_kib) << 10 })
            }
        })
    }

    /// What changed since the file was opened, in words.
    pub fn change(&self) -> Option<String> {
        let now = match &self.file {
            Some(file) => file.metadata().ok()?,
            None => std::fs::metadata(&self.path).ok().filter(|m| identity(m) == self.identity)?,
        };
        if now.len() > self.bytes {
            return Some(format!(
                "grew by {} bytes while it was read; they were not read",
                now.len() - self.bytes
            ));
        }
        if now.len() < self.bytes {
            return Some(format!("was cut to {} bytes while it was read", now.len()));
        }
        match std::fs::metadata(&self.path) {
            Ok(meta) if identity(&meta) != self.identity => Some(
                "was replaced by another file while it was read; the one that was opened was read to its end"
                    .into(),
            ),
            Ok(_) => None,
            Err(_) => Some("was removed while it was read; it was read to its end".into()),
        }
    }
}

fn failed(path: &Path, error: &io::Error) -> LogGap {
    let reason =
        if error.kind() == io::ErrorKind::NotFound { GapReason::Absent } else { GapReason::Unreadable };
    gap(path, reason, error.to_string())
}

fn kind_of(path: &Path, meta: &Metadata) -> String {
    #[cfg(unix)]
    let kind = {
        use std::os::unix::fs::FileTypeExt;
        let t = meta.file_type();
        if t.is_fifo() {
            "a FIFO"
        } else if t.is_char_device() || t.is_block_device() {
            "a device"
        } else if t.is_socket() {
            "a socket"
        } else if t.is_dir() {
            "a directory"
        } else {
            "not a regular file"
        }
    };
    #[cfg(not(unix))]
    let kind = if meta.is_dir() { "a directory" } else { "not a regular file" };
    let link = std::fs::symlink_metadata(path).is_ok_and(|m| m.file_type().is_symlink());
    if link { format!("a symbolic link to {kind}") } else { kind.into() }
}

/// An open file, as long as it was when it was listed.
pub struct Reader {
    file: Arc<File>,
    bytes: u64,
    at: u64,
}

impl Reader {
    /// Reads at an offset; 0 at the end.
    pub fn range(&self, out: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = self.bytes.saturating_sub(offset).min(out.len() as u64) as usize;
        if left == 0 { Ok(0) } else { read_at(&self.file, &mut out[..left], offset) }
    }
}

impl Read for Reader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.range(out, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

type ZstdDecoder<R> = ruzstd::decoding::StreamingDecoder<R, ruzstd::decoding::FrameDecoder>;

/// A zstd file is a row of frames; the decoder reads one.
struct Frames<R: io::BufRead> {
    raw: Option<R>,
    decoder: Option<ZstdDecoder<R>>,
    limit: u64,
}

impl<R: io::BufRead> Read for Frames<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(decoder) = &mut self.decoder {
                let n = decoder.read(out)?;
                if n > 0 || out.is_empty() {
                    return Ok(n);
                }
                let (written, found) =
                    (decoder.decoder.get_checksum_from_data(), decoder.decoder.get_calculated_checksum());
                self.raw = self.decoder.take().map(ZstdDecoder::into_inner);
                if written.is_some() && written != found {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "the checksum of a frame does not fit",
                    ));
                }
            }
            let Some(mut raw) = self.raw.take() else { return Ok(0) };
            if raw.fill_buf()?.is_empty() {
                return Ok(0);
            }
            let decoder = ZstdDecoder::new_with_max_window_size(raw, self.limit)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
            self.decoder = Some(decoder);
        }
    }
}
