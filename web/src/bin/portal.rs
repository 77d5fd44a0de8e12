//! The requesters' portal, and its cut: the pages that few visits need are a file of their own.

use leptos::wasm_split::{SplitLoaderError, wasm_split};
use web::portal::parts::{DrawRare, draw_rare};

#[wasm_split(rare, wasm_split_path = leptos::wasm_split, fallible)]
fn rare() -> Result<DrawRare, SplitLoaderError> {
    Ok(draw_rare)
}

fn main() {
    // The browser's own console says why a piece could not be loaded.
    web::portal::start(|| Box::pin(async { rare().await.ok() }));
}
