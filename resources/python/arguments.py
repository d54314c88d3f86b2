"""Arguments as the values that annotations name, from the JSON in which calls are written.

Only parameters whose annotation involves a type beside those of JSON are converted: dataclasses, enums, named
tuples, pydantic models, dates and times, sets, tuples, Decimal, UUID, paths and the like. Conversion is pydantic's
strict JSON mode (docs.pydantic.dev, "Conversion Table"): a JSON value is read as the type that it stands for and
never as another JSON type, so the string "5" is not an int. Fields that a class does not have are refused, as in the
catalog's schemas. pydantic is imported for the first such annotation only.
"""

import collections
import collections.abc
import copy
import dataclasses
import enum
import json
import sys
import types
import typing
from collections.abc import Callable, Mapping
from functools import partial
from inspect import Parameter, Signature
from typing import Annotated, Any, Literal, NewType, Union, cast, get_args, get_origin

from resources.python.objects import is_plain_class, read_by

_dumps = json.dumps

_PLAIN = (
    Any, object, None, types.NoneType, bool, int, float, str, typing.LiteralString, list, dict, Parameter.empty,
    collections.abc.Sequence, collections.abc.MutableSequence, collections.abc.Iterable, collections.abc.Collection,
    collections.abc.Container, collections.abc.Mapping, collections.abc.MutableMapping,
)  # fmt: skip
"""Annotations whose values are JSON as it is read; generic ones are plain when their parts are."""
_ONCE_ONLY = (collections.abc.Iterable, collections.abc.Collection, collections.abc.Container)
"""Become lists: pydantic reads the first lazily, after the call has begun, and not the others."""
_WRAPPERS = ("Required", "NotRequired", "ReadOnly", "Final", "ClassVar")
_MOST_ERRORS = 3
_DESCRIBERS = frozenset({"pydantic", "fastapi", "typer", "dataclasses"})
_DESCRIPTIONS = frozenset({"FieldInfo", "Field", "ParameterInfo"})
"""Classes of objects that describe a default instead of being it."""


class ArgumentRefused(ValueError):
    """A value that cannot become what its parameter's annotation says; the message names the parameter."""


def converters(signature: Signature, namespace: dict[str, Any]) -> dict[str, Callable[[Any], Any]]:
    """A function from JSON to the annotated value for each parameter that needs one.

    Parameters whose annotation cannot be evaluated, or names a class that pydantic knows no way to make from
    JSON, are not among them: they get JSON.

    Args:
        signature: The function's signature.
        namespace: The globals in which annotations that are text are read.
    """
    converters: dict[str, Callable[[Any], Any]] = {}
    for name, parameter in signature.parameters.items():
        if any(parameter.annotation is plain for plain in _PLAIN):
            if parameter.annotation is int or type(parameter.default) is int:
                converters[name] = _whole
            continue
        try:
            annotation = _evaluate(parameter.annotation, namespace)
            if not _is_plain(annotation):
                converters[name] = _converter(name, annotation, parameter.default is None, namespace)
            elif _wants_integers(annotation):
                converters[name] = partial(_whole_where_wanted, annotation=annotation)
        except Exception:  # text of another module's names, or a class that is none of JSON's business
            continue
    return converters


def defaults(signature: Signature, namespace: dict[str, Any]) -> dict[str, Callable[[], Any] | None]:
    """How to make the default of each parameter whose default a framework would have resolved.

    `size: int = Field(default=3)`, `Annotated[int, Field(default=3)]` and their like in FastAPI and Typer describe a
    default; a bare call would get the description itself. None where the description says that there is no default.
    """
    defaults: dict[str, Callable[[], Any] | None] = {}
    for name, parameter in signature.parameters.items():
        described = parameter.default
        if described is Parameter.empty:
            described = _described_in_annotation(parameter.annotation, namespace)
            if described is None or _default_of(described) is None:
                continue
        if _is_description(described):
            defaults[name] = _default_of(described)
    return defaults


def _described_in_annotation(annotation: object, namespace: dict[str, Any]) -> Any:
    if not isinstance(annotation, str) and get_origin(annotation) is not Annotated:
        return None
    try:
        annotation = _evaluate(annotation, namespace)
    except Exception:  # text of another module's names
        return None
    parts = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return next((part for part in parts if _is_description(part)), None)


def _is_description(value: object) -> bool:
    kinds = [(kind.__module__.partition(".")[0], kind.__name__) for kind in type(value).__mro__]
    return any(module in _DESCRIBERS and name in _DESCRIPTIONS for module, name in kinds)


def _default_of(described: Any) -> Callable[[], Any] | None:
    factory = getattr(described, "default_factory", None)
    if callable(factory):
        return cast("Callable[[], Any]", factory)
    value = getattr(described, "default", ...)
    if value is ... or type(value).__name__ in ("PydanticUndefinedType", "_MISSING_TYPE"):
        return None
    return lambda: copy.deepcopy(value)


def _whole(value: object) -> Any:
    """A whole float as the integer it is; JSON Schema takes 2.0 for an integer, functions rarely do."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def _wants_integers(annotation: object) -> bool:
    return annotation is int or any(_wants_integers(part) for part in _parts(annotation))


def _parts(annotation: object) -> tuple[Any, ...]:
    if isinstance(annotation, NewType):
        return (annotation.__supertype__,)
    if get_origin(annotation) is Literal:
        return tuple({type(value) for value in get_args(annotation)})
    return get_args(annotation)[:1] if get_origin(annotation) is Annotated else get_args(annotation)


def _whole_where_wanted(value: Any, annotation: Any) -> Any:
    """The value with whole floats as integers at the places of `int`; where `float` is allowed too they stay."""
    origin, parts = get_origin(annotation), _parts(annotation)
    if annotation is int or origin is Literal:
        return _whole(value) if int in (annotation, *parts) else value
    if origin in (Union, types.UnionType):
        if isinstance(value, float):
            return _whole(value) if int in parts and float not in parts else value
        fitting = [part for part in parts if isinstance(value, list | dict) and _holds(get_origin(part), type(value))]
        return _whole_where_wanted(value, fitting[0]) if len(fitting) == 1 else value
    if origin is Annotated or isinstance(annotation, NewType):
        return _whole_where_wanted(value, parts[0])
    if isinstance(value, list) and len(parts) == 1:
        return [_whole_where_wanted(item, parts[0]) for item in value]
    if isinstance(value, dict) and len(parts) == 2:
        return {key: _whole_where_wanted(item, parts[1]) for key, item in value.items()}
    return value


def _holds(origin: object, kind: type[Any]) -> bool:
    mapping = isinstance(origin, type) and issubclass(origin, collections.abc.Mapping)
    return isinstance(origin, type) and (mapping if kind is dict else not mapping)


def _wire(value: Any) -> Any:
    """JSON text's twin with whole floats as integers, at any depth."""
    if isinstance(value, dict):
        return {key: _wire(part) for key, part in value.items()}
    return [_wire(part) for part in value] if isinstance(value, list) else _whole(value)


def _converter(name: str, annotation: object, optional: bool, namespace: dict[str, Any]) -> Callable[[Any], Any]:
    from pydantic import TypeAdapter, ValidationError

    if sys.version_info < (3, 12):
        _make_typed_dicts_readable(annotation, [])
    adapter = TypeAdapter(_concrete(annotation))
    if not adapter.pydantic_complete:  # an alias that contains itself, by a name that is left as text
        adapter.rebuild(force=True, _types_namespace=_with_aliases(namespace))
    read = adapter.validate_json

    def convert(value: object) -> Any:
        if value is None and optional:
            return None  # `x: date = None` allows null
        try:
            # Fields are called by their names in the catalog; a model may also give them an alias.
            try:
                return read(_dumps(value), strict=True, extra="forbid", by_alias=True, by_name=True)
            except ValidationError:
                whole = _dumps(_wire(value))
                if whole == _dumps(value):
                    raise
                return read(whole, strict=True, extra="forbid", by_alias=True, by_name=True)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_context=False, include_input=False)
            places = (".".join(str(part) for part in (name, *fault["loc"])) + f": {fault['msg']}" for fault in faults)
            raise ArgumentRefused("; ".join(list(places)[:_MOST_ERRORS])) from None

    return convert


def _with_aliases(namespace: dict[str, Any]) -> dict[str, Any]:
    """The names of a module with those aliases that contain names as text made ones that pydantic can turn to again."""
    from typing_extensions import TypeAliasType

    out = dict(namespace)
    for name, value in namespace.items():
        is_text = isinstance(value, str) and name in value and not name.startswith("__")
        if is_text or _holds_text(value):
            parameters = getattr(value, "__parameters__", ())
            out[name] = TypeAliasType(name, typing.ForwardRef(value) if is_text else value, type_params=parameters)
    return out


def _holds_text(annotation: object) -> bool:
    return isinstance(annotation, typing.ForwardRef) or any(_holds_text(part) for part in get_args(annotation))


def _evaluate(annotation: object, namespace: dict[str, Any]) -> Any:
    """The annotation with text in it evaluated, nested text as well.

    Raises:
        Exception: whatever evaluating it raises.
    """
    holder = types.SimpleNamespace(__annotations__={"it": annotation})
    return typing.get_type_hints(holder, namespace, include_extras=True)["it"]


def _is_plain(annotation: object, opened: tuple[Any, ...] = ()) -> bool:
    """Whether JSON as it is read already is a value of this type."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return not any(isinstance(value, enum.Enum) for value in parts)
    if origin is Annotated or _is_wrapper(origin):
        return _is_plain(parts[0], opened)
    if origin in (Union, types.UnionType):
        return all(_is_plain(part, opened) for part in parts)
    if origin is not None:
        return any(origin is plain for plain in _PLAIN) and all(_is_plain(part, opened) for part in parts)
    if isinstance(annotation, NewType):
        return _is_plain(annotation.__supertype__, opened)
    if hasattr(annotation, "__value__") and type(annotation).__name__ == "TypeAliasType":
        if any(annotation is known for known in opened):
            return True
        return _is_plain(annotation.__value__, (*opened, annotation))
    if isinstance(annotation, typing.TypeVar):
        return True
    if _is_typed_dict(annotation):
        if any(annotation is known for known in opened):
            return True
        fields = typing.get_type_hints(annotation, include_extras=True).values()
        return all(_is_plain(field, (*opened, annotation)) for field in fields)
    return any(annotation is plain for plain in _PLAIN)


def _is_wrapper(origin: object) -> bool:
    return getattr(origin, "_name", None) in _WRAPPERS


def _is_typed_dict(annotation: object) -> bool:
    # typing's and typing_extensions' are different classes, and each has a function that knows only one of them
    return isinstance(annotation, type) and issubclass(annotation, dict) and hasattr(annotation, "__required_keys__")


def _concrete(annotation: Any) -> Any:
    """The annotation with parts that pydantic does not read from JSON replaced by equal ones that it does."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return Annotated[(_concrete(parts[0]), *parts[1:])]
    if origin is Literal:
        return _literal(parts)
    plain = origin if isinstance(origin, type) else annotation  # `Shape[int]` is made as `Shape` is
    if is_plain_class(plain):
        return read_by(plain, _concrete)
    if not parts or origin is collections.abc.Callable:
        return annotation
    inner = tuple(part if part is ... else _concrete(part) for part in parts)
    if origin in (Union, types.UnionType):
        return Union[inner]  # noqa: UP007 (of a number of types that is not known here)
    if origin in _ONCE_ONLY:
        return list[inner]  # type: ignore[valid-type]
    if inner == parts:
        return annotation
    return annotation.copy_with(inner) if hasattr(annotation, "copy_with") else origin[inner]


def _literal(values: tuple[Any, ...]) -> Any:
    """A Literal that reads its enum members by their values, as an enum does."""
    from pydantic import AfterValidator

    def among(value: object) -> Any:
        if value not in members:
            raise ValueError(f"Input should be {' or '.join(repr(member.value) for member in members)}")
        return value

    members = [value for value in values if isinstance(value, enum.Enum)]
    rest = tuple(value for value in values if not isinstance(value, enum.Enum))
    choices: list[Any] = [Annotated[kind, AfterValidator(among)] for kind in {type(member) for member in members}]
    return Union[(*choices, Literal[rest])] if rest else Union[tuple(choices)]  # noqa: UP007


def _make_typed_dicts_readable(annotation: object, seen: list[Any]) -> None:
    """Tell pydantic how to read every `typing.TypedDict` in an annotation.

    Before Python 3.12 it reads only those of typing_extensions, because typing's keep no record of their bases;
    the fields that they know of are complete nevertheless.
    """
    if any(annotation is known for known in seen):
        return
    seen.append(annotation)
    parts: list[Any] = [part for part in get_args(annotation) if not isinstance(part, str)]
    if isinstance(annotation, NewType):
        parts.append(annotation.__supertype__)
    has_fields = _is_typed_dict(annotation) or _is_named_tuple(annotation) or dataclasses.is_dataclass(annotation)
    if has_fields and isinstance(annotation, type):
        hints = typing.get_type_hints(annotation, include_extras=True)
        parts += hints.values()
        if _is_typed_dict(annotation) and type(annotation).__module__ == "typing":
            _attach_schema(annotation, hints)
    for part in parts:
        _make_typed_dicts_readable(part, seen)


def _is_named_tuple(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, tuple) and hasattr(annotation, "_fields")


def _attach_schema(kind: Any, hints: Mapping[str, Any]) -> None:
    import typing_extensions

    def bare(hint: Any) -> Any:
        return get_args(hint)[0] if _is_wrapper(get_origin(hint)) else hint

    fields = {
        name: (typing.Required if name in kind.__required_keys__ else typing.NotRequired)[bare(hint)]
        for name, hint in hints.items()
    }
    make: Any = typing_extensions.TypedDict
    twin = make(kind.__name__, fields)

    def schema(source: Any, handler: Any) -> Any:
        return handler.generate_schema(twin)

    kind.__get_pydantic_core_schema__ = schema
