"""Functions of several modules are told apart by names and descriptions, not by numbers."""

from hypothesis import given, settings
from hypothesis import strategies as st

from apigen_assets.catalog.importers.python_labels import module_labels
from apigen_assets.catalog.importers.python_modules import import_python_path

CHECK = '"""{title}"""\n\n\ndef check(number: str) -> bool:\n    """Check a number."""\n    return bool(number)\n'


def test_modules_of_one_name_are_told_apart_by_their_packages(tmp_path):
    for place, title in (
        ("at/vat", "Austrian VAT."),
        ("be/vat", "Belgian VAT."),
        ("luhn", "Luhn digits."),
        ("vat", ""),
    ):
        file = tmp_path / "codes" / f"{place}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        (file.parent / "__init__.py").touch()
        file.write_text(CHECK.format(title=title or " "))
    result = import_python_path(tmp_path / "codes", "codes")
    assert {api.name: api.description for api in result.apis} == {
        "codes_at_vat_check": "Check a number.\n\nAustrian VAT.",
        "codes_be_vat_check": "Check a number.\n\nBelgian VAT.",
        "codes_luhn_check": "Check a number.\n\nLuhn digits.",
        "codes_vat_check": "Check a number.",
    }


def test_what_a_module_says_is_no_description_of_a_function_without_one(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.py").write_text(f'"""Module {name}."""\ndef get(x: int) -> int:\n    return x\n')
    assert {api.description for api in import_python_path(tmp_path, "s").apis} == {""}


_PATHS = st.lists(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(".".join), min_size=1, max_size=8, unique=True
)


@settings(max_examples=60, deadline=None)
@given(_PATHS)
def test_labels_are_different_and_end_in_the_modules_own_name(paths):
    labels = module_labels(paths)
    assert labels.keys() == set(paths) and len(set(labels.values())) == len(paths)
    if len(paths) > 1:
        assert all(labels[path].rpartition("_")[2] == path.rpartition(".")[2] for path in paths)
