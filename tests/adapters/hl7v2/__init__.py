"""The HL7 v2 adapter, from bytes to acknowledgements."""
