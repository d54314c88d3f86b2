"""Objects of plain classes: made from JSON by what their `__init__` takes, and written by what they show."""

import inspect
import sys
import types
import typing
from collections.abc import Callable
from typing import Annotated, Any

from resources.python.json_types import JsonValue

_ACTIVE = ("__next__", "__iter__", "__call__", "__enter__", "__aenter__", "__await__", "__aiter__")
"""What an object that is more than a record has."""

_being_read: list[type] = []
"""Classes whose arguments are being read."""


def is_plain_class(kind: object) -> bool:
    """Whether a class is a module's own, written in Python, and made by calling it."""
    if not isinstance(kind, type) or not _is_own(kind) or hasattr(kind, "__get_pydantic_core_schema__"):
        return False
    if any("__new__" in vars(base) or base.__module__ == "builtins" for base in kind.__mro__[:-1]):
        return False
    return isinstance(_initialiser(kind), types.FunctionType) and not hasattr(kind, "__dataclass_fields__")


def read_by(kind: type, concrete: Callable[[Any], Any]) -> Any:
    """An annotation by which pydantic makes an object of a plain class from a JSON object of its arguments.

    Args:
        kind: the class.
        concrete: makes the annotation of one argument one that pydantic reads from JSON.

    Raises:
        Exception: an annotation of `__init__` cannot be evaluated or is not one that pydantic knows.
    """
    from pydantic import AfterValidator, ConfigDict, Field, create_model

    if any(kind is outer for outer in _being_read):
        raise TypeError(f"an object of {kind.__name__} is made from another one")
    fields: dict[str, Any] = {}
    names: dict[str, str] = {}
    _being_read.append(kind)
    try:
        hints = typing.get_type_hints(_initialiser(kind), include_extras=True)
        for parameter in list(inspect.signature(_initialiser(kind)).parameters.values())[1:]:
            if parameter.kind not in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY):
                continue
            annotation = _annotation(parameter, hints.get(parameter.name, Any), concrete)
            if annotation is None:
                continue
            # a name such as `model_config` or `_x` is not one that a model's field may have
            field = f"field_{len(names)}"
            names[field] = parameter.name
            required = parameter.default is inspect.Parameter.empty
            fields[field] = (Annotated[annotation, Field(alias=parameter.name)], ... if required else None)
    finally:
        _being_read.pop()
    model: Any = create_model(kind.__name__, __config__=ConfigDict(extra="forbid"), **fields)

    def make(values: Any) -> Any:
        arguments = {names[field]: getattr(values, field) for field in sorted(values.model_fields_set)}
        try:
            return kind(**arguments)
        except Exception as error:  # what the class says of its arguments
            raise ValueError(f"{kind.__name__} refuses them: {type(error).__name__}: {str(error)[:200]}") from None

    return Annotated[model, AfterValidator(make)]


def _initialiser(kind: type) -> Callable[..., Any]:
    own: Callable[..., Any] = next(vars(base)["__init__"] for base in kind.__mro__ if "__init__" in vars(base))
    return own


def _annotation(parameter: inspect.Parameter, hint: Any, concrete: Callable[[Any], Any]) -> Any:
    """How one argument is read; null where it may be left out and cannot be read, as in the catalog's schema."""
    from pydantic import TypeAdapter

    if parameter.default is inspect.Parameter.empty:
        return concrete(hint)
    try:
        annotation = concrete(hint)
        TypeAdapter(annotation)
    except Exception:  # a class that is none of JSON's business, or that is made from one of its own
        return None
    return typing.Optional[annotation] if parameter.default is None else annotation  # noqa: UP045


def shown(value: object) -> dict[str, JsonValue] | None:
    """The public attributes of an object of a module's own class, or its public properties where it has none.

    Null where it is no such object, or does more than hold values (an iterator, a context, a function).
    """
    kind = type(value)
    if not _is_own(kind) or isinstance(value, BaseException | type) or _is_active(kind):
        return None
    names = list(getattr(value, "__dict__", ()))
    for base in reversed(kind.__mro__):
        slots = base.__dict__.get("__slots__", ())
        names += [slots] if isinstance(slots, str) else list(slots)
    public = [name for name in dict.fromkeys(names) if not name.startswith("_") and hasattr(value, name)]
    if not public:
        described = [name for base in reversed(kind.__mro__) for name, part in vars(base).items() if _is_property(part)]
        public = [name for name in dict.fromkeys(described) if not name.startswith("_")]
    return {name: getattr(value, name) for name in public} or None


def _is_own(kind: type) -> bool:
    top = kind.__module__.partition(".")[0]
    return top not in sys.stdlib_module_names and top != "builtins" and bool(kind.__flags__ & 1 << 9)


def _is_active(kind: type) -> bool:
    return any(name in vars(base) for base in kind.__mro__ for name in _ACTIVE)


def _is_property(part: object) -> bool:
    return isinstance(part, property)
