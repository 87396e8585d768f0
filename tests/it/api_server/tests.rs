//! What only this server can do: faults, crashes, stale reads, and kube's machinery on a paused clock.
