//! Parts that only the console uses. None of them calls the network.

pub mod menu;
pub mod window;

/// A handler of an event, behind a pointer. Each closure is a type of its own, and for each type of handler the code
/// that attaches it exists once more in what the browser downloads; this way there is one for each kind of event.
pub fn act<E: 'static>(run: impl FnMut(E) + 'static) -> Box<dyn FnMut(E)> {
    Box::new(run)
}
