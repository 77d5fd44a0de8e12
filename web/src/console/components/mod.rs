//! Parts that only the console uses. None of them calls the network.

pub mod menu;
pub mod window;
