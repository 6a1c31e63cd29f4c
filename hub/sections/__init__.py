"""The sections of a unit's YAML and of a hub.yaml, field by field.

The text under a field is its line in `docs/settings.md` or `docs/hub-file.md`, English then Chinese; a field
without one fails a test.

    section.py                    what a section is; names, addresses, and the quota, which stands in either file
    unit.py source.py signing.py  a unit's file
    hub.py servers.py             a hub.yaml
"""
