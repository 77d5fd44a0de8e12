//! The requesters' portal.

fn main() {
    web::portal::start();
}
