//! The console's entry point; everything is in the library.

fn main() {
    web::console::start();
}
