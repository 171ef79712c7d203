"""Method `severity-corrected/1`: what each file is worth once jurors' severity is taken out, and how sure that is."""
