"""HL7 v2 from hospital systems: charges, payments and visits."""
