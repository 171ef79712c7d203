"""What a PromQL expression asks for: its series, and the labels that it selects or groups by."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import promql_parser

MADE_BY_PROMETHEUS = {"job", "instance"}
"""Labels that every series has, whoever exposes it."""

DURATIONS = {"$__rate_interval": "5m", "$__range": "1h"}


@dataclass
class Asked:
    """One metric, and all labels that the expression needs it to have."""

    metric: str
    labels: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)
    """Labels that must have one exact value."""


def asked(expression: str) -> list[Asked]:
    """Raises ValueError if the expression is none."""
    for name, duration in DURATIONS.items():
        expression = expression.replace(name, duration)
    return list(_of(promql_parser.parse(expression), set()))


def _of(node: Any, grouped: set[str]) -> Iterator[Asked]:
    match node:
        case promql_parser.AggregateExpr(expr=inner, modifier=modifier):
            yield from _of(inner, grouped | set(modifier.labels if modifier else ()))
        case promql_parser.BinaryExpr(lhs=left, rhs=right, modifier=modifier):
            matching = set(modifier.matching.labels) if modifier and modifier.matching else set()
            yield from _of(left, grouped | matching)
            yield from _of(right, grouped | matching)
        case promql_parser.Call(args=arguments, func=function):
            needed = {"le"} if function.name == "histogram_quantile" else set()
            for argument in arguments:
                yield from _of(argument, grouped | needed)
        case promql_parser.ParenExpr(expr=inner) | promql_parser.UnaryExpr(expr=inner):
            yield from _of(inner, grouped)
        case promql_parser.SubqueryExpr(expr=inner):
            yield from _of(inner, grouped)
        case promql_parser.MatrixSelector(vector_selector=selector):
            yield from _of(selector, grouped)
        case promql_parser.VectorSelector(name=name, matchers=matchers):
            exact = {each.name: each.value for each in matchers.matchers if each.op == promql_parser.MatchOp.Equal}
            labels = grouped | {each.name for each in matchers.matchers}
            yield Asked(name, labels - MADE_BY_PROMETHEUS, exact)
        case promql_parser.NumberLiteral() | promql_parser.StringLiteral():
            pass
        case _:
            message = f"{type(node).__name__} is not read yet"
            raise ValueError(message)
