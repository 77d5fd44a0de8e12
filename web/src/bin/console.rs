//! The console's entry point, and the cuts: what of the console is a file of its own, loaded when it is first needed.
//! Everything else is in the library. The cuts are not, because the portal is made of the same library and would carry
//! every piece that is cut off.

use leptos::wasm_split::{SplitLoaderError, wasm_split};
use web::console::parts::{
    DrawPage, DrawPanel, DrawTicket, DrawWindow, Loaders, draw_intake, draw_page, draw_panel,
    draw_ticket, draw_window,
};

#[wasm_split(pages, wasm_split_path = leptos::wasm_split, fallible)]
fn pages() -> Result<DrawPage, SplitLoaderError> {
    Ok(draw_page)
}

#[wasm_split(intake, wasm_split_path = leptos::wasm_split, fallible)]
fn intake() -> Result<DrawPage, SplitLoaderError> {
    Ok(draw_intake)
}

#[wasm_split(ticket, wasm_split_path = leptos::wasm_split, fallible)]
fn ticket() -> Result<DrawTicket, SplitLoaderError> {
    Ok(draw_ticket)
}

#[wasm_split(panel, wasm_split_path = leptos::wasm_split, fallible)]
fn panel() -> Result<DrawPanel, SplitLoaderError> {
    Ok(draw_panel)
}

#[wasm_split(windows, wasm_split_path = leptos::wasm_split, fallible)]
fn windows() -> Result<DrawWindow, SplitLoaderError> {
    Ok(draw_window)
}

fn main() {
    // The browser's own console says why a piece could not be loaded.
    web::console::start(Loaders {
        pages: || Box::pin(async { pages().await.ok() }),
        intake: || Box::pin(async { intake().await.ok() }),
        windows: || Box::pin(async { windows().await.ok() }),
        ticket: || Box::pin(async { ticket().await.ok() }),
        panel: || Box::pin(async { panel().await.ok() }),
    });
}
