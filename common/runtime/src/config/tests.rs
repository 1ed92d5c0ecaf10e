//! Layers, origins, complaints.
