"""Declared arithmetic over facts, recomputed: tokens, a small grammar, units; no eval."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation, Overflow

from reports.facts import Fact

LONGEST = 300
DEEPEST = 8
MOST_CONSTANTS = 3
CONSTANTS = {Decimal(item) for item in (1, 2, 3, 4, 5, 10, 20, 100, 1000)}
NOTHING = ""  # the unit of a ratio
MIXED = "?"  # of a product that has no name
_TOKEN = re.compile(r"\s*(?:([a-z0-9_]+(?:\.[a-z0-9_]+)+)|(\d+(?:\.\d+)?)|(abs)\b|([-+*/()]))")
_MOVES = {"percent", "proportion", "chance"}


class ArithmeticFault(ValueError):
    """Why the declared arithmetic proves nothing; one clause without a full stop."""


@dataclass(frozen=True, slots=True)
class Result:
    """A value with its unit; `constant` for a written number that no fact has touched."""

    value: Decimal
    unit: str
    constant: bool = False


def compute(expression: str, facts: Mapping[str, Fact]) -> Result:
    """The value of arithmetic over fact keys; ArithmeticFault says why there is none."""
    keys, tokens = _tokens(expression)
    unknown = [key for key in keys if key not in facts]
    if unknown:
        raise ArithmeticFault(f"its arithmetic names {unknown[0]}, which is no fact")
    if not keys:
        raise ArithmeticFault("its arithmetic names no fact")
    values = {key: facts[key].value for key in keys}
    result = _evaluate(tokens, values, facts)
    for key in dict.fromkeys(keys):
        nudged = values | {key: values[key] * Decimal("1.013") + Decimal("0.0007")}
        if _evaluate(tokens, nudged, facts).value == result.value:
            raise ArithmeticFault(f"its arithmetic does not depend on {key}")
    return result


def _evaluate(
    tokens: list[str], values: Mapping[str, Decimal], facts: Mapping[str, Fact]
) -> Result:
    reader = _Reader(tokens, values, facts)
    try:
        result = reader.sum(0)
    except (InvalidOperation, Overflow, ZeroDivisionError) as error:
        raise ArithmeticFault("its arithmetic divides by zero or leaves all bounds") from error
    if not reader.done:
        raise ArithmeticFault("its arithmetic cannot be read")
    return result


def _tokens(expression: str) -> tuple[list[str], list[str]]:
    """The fact keys and all tokens, in order."""
    if len(expression) > LONGEST:
        raise ArithmeticFault("its arithmetic is too long")
    tokens: list[str] = []
    keys: list[str] = []
    constants = 0
    position, text = 0, expression.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            raise ArithmeticFault("its arithmetic cannot be read")
        position = match.end()
        tokens.append(match[0].strip())
        if match[1]:
            keys.append(match[1])
        constants += bool(match[2])
    if constants > MOST_CONSTANTS:
        raise ArithmeticFault("its arithmetic has too many numbers of its own")
    return keys, tokens


class _Reader:
    """sum = product (± product)*, product = atom (×÷ atom)*, atom = key, number, (sum), abs(sum)"""

    def __init__(
        self, tokens: list[str], values: Mapping[str, Decimal], facts: Mapping[str, Fact]
    ) -> None:
        self._tokens = tokens
        self._at = 0
        self._values = values
        self._facts = facts

    @property
    def done(self) -> bool:
        return self._at == len(self._tokens)

    def _next(self) -> str:
        if self.done:
            raise ArithmeticFault("its arithmetic breaks off")
        self._at += 1
        return self._tokens[self._at - 1]

    def _peek(self) -> str:
        return "" if self.done else self._tokens[self._at]

    def sum(self, depth: int) -> Result:
        left = self._product(depth)
        while self._peek() in {"+", "-"}:
            sign = self._next()
            left = _added(left, self._product(depth), -1 if sign == "-" else 1)
        return left

    def _product(self, depth: int) -> Result:
        left = self._atom(depth)
        while self._peek() in {"*", "/"}:
            sign = self._next()
            right = self._atom(depth)
            left = _divided(left, right) if sign == "/" else _multiplied(left, right)
        return left

    def _atom(self, depth: int) -> Result:
        if depth > DEEPEST:
            raise ArithmeticFault("its arithmetic is nested too deeply")
        symbol = self._next()
        if symbol == "-":
            inner = self._atom(depth + 1)
            return Result(-inner.value, inner.unit, inner.constant)
        if symbol == "abs":
            if self._peek() != "(":
                raise ArithmeticFault("its arithmetic cannot be read")
            inner = self._atom(depth + 1)
            return Result(abs(inner.value), inner.unit, inner.constant)
        if symbol == "(":
            inner = self.sum(depth + 1)
            if self._next() != ")":
                raise ArithmeticFault("its arithmetic cannot be read")
            return inner
        return self._leaf(symbol)

    def _leaf(self, token: str) -> Result:
        if token in self._values:
            return Result(self._values[token], self._facts[token].unit)
        if token[0].isdigit() and "." not in token:
            if Decimal(token) not in CONSTANTS:
                raise ArithmeticFault(f"its arithmetic holds {token}, a number of its own")
            return Result(Decimal(token), NOTHING, constant=True)
        raise ArithmeticFault("its arithmetic cannot be read")


def _added(left: Result, right: Result, sign: int) -> Result:
    value = left.value + sign * right.value
    if left.constant or right.constant:
        fact = right if left.constant else left
        number = left if left.constant else right
        if fact.unit != NOTHING or number.value != 1:
            raise ArithmeticFault("its arithmetic adds a number of its own to a fact")
        return Result(value, NOTHING)
    if left.unit != right.unit and not {left.unit, right.unit} <= _MOVES:
        raise ArithmeticFault(f"its arithmetic adds {left.unit} and {right.unit}")
    unit = "pp" if sign < 0 and left.unit in _MOVES else left.unit
    return Result(value, unit)


def _multiplied(left: Result, right: Result) -> Result:
    value = left.value * right.value
    if left.constant and right.constant:
        return Result(value, NOTHING, constant=True)
    for number, other in ((left, right), (right, left)):
        if number.constant:
            if other.unit == NOTHING:
                return Result(value, "percent" if number.value == 100 else NOTHING)
            return Result(value, other.unit)
    return Result(value, NOTHING if {left.unit, right.unit} == {NOTHING} else MIXED)


def _divided(left: Result, right: Result) -> Result:
    value = left.value / right.value
    if right.constant:
        return Result(value, left.unit, constant=left.constant)
    if left.unit == right.unit:
        return Result(value, NOTHING)
    return Result(value, MIXED)
