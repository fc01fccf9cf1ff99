//! Nothing but tests: the host of this project and the published Rust host, `sen-plugin-host`, run the same
//! plugins and are compared.
