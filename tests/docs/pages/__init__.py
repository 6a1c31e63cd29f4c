"""Writers of the generated pages, one a file; `tests/generate.py` puts their text where it belongs."""
