//! Compresses every file once, so that the server only has to pick one: `name.br` and `name.gz` beside `name`.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};

use crate::{
    Mode,
    failure::{Failure, Result},
    stamp,
};

/// Compresses the whole tree on all cores.
pub fn tree(staged: &Path, mode: Mode) -> Result<()> {
    let mut files = Vec::new();
    stamp::collect(staged, &mut files)?;
    // The longest work first, so that no core waits for one that took the big file last.
    files.sort_by_key(|file| std::cmp::Reverse(fs::metadata(file).map_or(0, |data| data.len())));
    let quality = match mode {
        Mode::Release => 11,
        Mode::Fast | Mode::Dev => 5,
    };
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let running: Vec<_> = (0..workers)
            .map(|_| {
                scope.spawn(|| {
                    while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                        one(file, quality)?;
                    }
                    Ok(())
                })
            })
            .collect();
        for worker in running {
            worker
                .join()
                .map_err(|_| Failure::new("a compression thread panicked"))??;
        }
        Ok(())
    })
}

fn one(file: &Path, quality: i32) -> Result<()> {
    let plain = fs::read(file).map_err(|e| Failure::io(file, e))?;

    let parameters = BrotliEncoderParams {
        quality,
        lgwin: 22,
        size_hint: plain.len(),
        ..Default::default()
    };
    let mut brotli = Vec::new();
    brotli::BrotliCompress(&mut plain.as_slice(), &mut brotli, &parameters)
        .map_err(|e| Failure::io(file, e))?;
    put(&with_suffix(file, "br"), &brotli)?;

    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&plain).map_err(|e| Failure::io(file, e))?;
    put(
        &with_suffix(file, "gz"),
        &gzip.finish().map_err(|e| Failure::io(file, e))?,
    )
}

fn put(path: &Path, content: &[u8]) -> Result<()> {
    fs::write(path, content).map_err(|e| Failure::io(path, e))
}

/// `app.css` and `br` make `app.css.br`.
pub fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}
