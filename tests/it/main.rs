//! Stories and end-to-end tests, in one binary.

mod api_server;
mod cloud_client;
mod crashes;
mod security_group_membership;
mod silence;
mod wire_vectors;
mod world;
