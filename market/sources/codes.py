"""What each vendor calls our indices. An index that a vendor does not offer has no entry there."""

from __future__ import annotations

from collections.abc import Mapping

CODES: dict[str, dict[str, str]] = {
    "VNINDEX": {
        "vietcap": "VNINDEX",
        "vndirect": "VNINDEX",
        "vndirect_chart": "VNINDEX",
        "kbs": "VNINDEX",
        "dnse": "VNINDEX",
        "cafef": "VNINDEX",
    },
    "VN30": {
        "vietcap": "VN30",
        "vndirect": "VN30",
        "vndirect_chart": "VN30",
        "kbs": "VN30",
        "dnse": "VN30",
        "cafef": "VN30",
    },
    "HNXINDEX": {
        "vietcap": "HNXIndex",
        "vndirect": "HNX",
        "vndirect_chart": "HNX",
        "kbs": "HNXINDEX",
        "dnse": "HNX",
        "cafef": "HNXINDEX",
    },
    "HNX30": {
        "vietcap": "HNX30",
        "vndirect": "HNX30",
        "vndirect_chart": "HNX30",
        "kbs": "HNX30",
        "dnse": "HNX30",
        "cafef": "HNX30",
    },
    "UPCOMINDEX": {
        "vietcap": "HNXUpcomIndex",
        "vndirect": "UPCOM",
        "vndirect_chart": "UPCOM",
        "kbs": "UPCOMINDEX",
        "dnse": "UPCOM",
        "cafef": "HNXUPCOMINDEX",
    },
}


def names_of(source: str, codes: Mapping[str, Mapping[str, str]] = CODES) -> dict[str, str]:
    """Our code → the source's name, for the indices that it offers."""
    return {code: names[source] for code, names in codes.items() if source in names}
