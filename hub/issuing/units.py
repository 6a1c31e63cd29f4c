"""What issuing needs of each unit, read from its YAML: the signer, the profile, the names on the face."""

from __future__ import annotations

from collections.abc import Iterable

from hub.bill.codes import bill_name_of
from hub.config import UnitConfig
from hub.issuing.local import UnitIssuer
from hub.issuing.profile import Profile
from hub.issuing.signing import UnitSigner


def units_issuing(units: Iterable[UnitConfig]) -> dict[str, UnitIssuer]:
    """The issuing side of each unit.

    Raises:
        Config: a unit without a usable key and certificate.
    """
    return {unit.unit.id: unit_issuing(unit) for unit in units}


def unit_issuing(unit: UnitConfig) -> UnitIssuer:
    """The issuing side of a unit.

    Raises:
        Config: no usable key and certificate in its key folder.
    """
    signing = unit.signing
    signer = UnitSigner.from_folder(unit.folder / signing.keys, user_id=signing.user_id.encode())
    names = {name: bill.name or bill_name_of(bill.kind) or unit.unit.name for name, bill in unit.bills.items()}
    return UnitIssuer(unit, signer, profile_of(unit), names)


def profile_of(unit: UnitConfig) -> Profile:
    """The unit's profile of the EInvoice XML."""
    given = unit.profile.model_dump(exclude_none=True)
    return Profile.model_validate({"region": unit.unit.region, **given})
