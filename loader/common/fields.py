"""The managed fields as people call them."""

from __future__ import annotations

FIELD_NAMES = {
    "first_name": "first name", "last_name": "last name", "phone": "phone", "address_line_1": "address line 1",
    "address_line_2": "address line 2", "city": "city", "state": "state", "postal_code": "postal code",
    "country": "country", "kajabi_id": "Kajabi id", "kajabi_member_id": "Kajabi member id",
}  # fmt: skip
