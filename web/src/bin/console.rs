//! The console's entry point, and the cuts: what of the console is a file of its own, loaded when it is first needed.
//! Everything else is in the library. The cuts are not, because the portal is made of the same library and would carry
//! every piece that is cut off.

use leptos::wasm_split::{SplitLoaderError, wasm_split};
use web::console::parts::{DrawPage, DrawWindow, Loaders, draw_page, draw_window};

#[wasm_split(pages, wasm_split_path = leptos::wasm_split, fallible)]
fn pages() -> Result<DrawPage, SplitLoaderError> {
    Ok(draw_page)
}

#[wasm_split(windows, wasm_split_path = leptos::wasm_split, fallible)]
fn windows() -> Result<DrawWindow, SplitLoaderError> {
    Ok(draw_window)
}

fn main() {
    // The browser's own console says why a piece could not be loaded.
    web::console::start(Loaders {
        pages: || Box::pin(async { pages().await.ok() }),
        windows: || Box::pin(async { windows().await.ok() }),
    });
}
