"""What tests of several services share; imported by name, never through a conftest."""
