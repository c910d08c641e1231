"""Four stories on the example mesh, the soak and the benches."""
