//! Stories and end-to-end tests, in one binary.

mod api_server;
mod budget;
mod canaries;
mod cloud_client;
mod cloud_command;
mod cloud_credential;
mod conformance;
mod crashes;
mod dice;
mod eci_scaling_config;
mod end_to_end;
mod endpoints;
mod explain;
mod gitops;
mod installation;
mod moods;
mod references;
mod relay;
mod restore_check;
mod security_group_membership;
mod silence;
mod under_attack;
mod wire_vectors;
mod world;
