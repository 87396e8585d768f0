//! The manifests that people write come back as they are, the rules refuse what cannot be meant (`rules`), and the fullest status fits (`status`).
