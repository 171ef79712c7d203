"""How an answer that was typed is read."""

import unicodedata
from decimal import Decimal, InvalidOperation


def as_number(answer: str) -> Decimal | None:
    """Digits of any script, parted by spaces or not, with a point or a comma before decimals; None if it is none."""
    plain = "".join(
        str(unicodedata.decimal(each)) if unicodedata.category(each) == "Nd" else each
        for each in answer
        if not each.isspace() and each != "٬"
    )
    try:
        number = Decimal(plain.replace("٫", ".").replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
