"""The main job, end to end: one edition through the public APIs only, narrated, then checked."""
