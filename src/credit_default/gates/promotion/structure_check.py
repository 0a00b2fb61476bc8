"""Check that the challenger is what it claims to be, by its schema, inputs and digest."""

from credit_default.data.contract.schema import Schema
from credit_default.errors import show_examples
from credit_default.gates.promotion.check_result import Check
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.digest import digest_bundle


def check_structure(challenger: ModelBundle, *, schema: Schema) -> Check:
    """Check the challenger against the schema and its own digest.

    A protected attribute may be an input only where the recipe says so; then it is a person's
    decision, and the summary reports it.

    Returns:
        A fault for another schema, for inputs that the schema does not have, for protected inputs
        that the recipe does not name, and for a digest that does not match the content.
    """
    protected = sorted({*challenger.input_names} & {*schema.protected})
    faults = _find_faults(challenger, schema, protected)
    if faults:
        fault = " and ".join(faults)
        return Check(f"structure: {fault}", fault=fault)
    declared = (
        f"the protected {', '.join(protected)} among them, as its recipe says"
        if protected
        else "none protected"
    )
    return Check(
        f"structure: {len({*challenger.input_names})} inputs of schema {schema.name} "
        f"{schema.version}, {declared}; digest {challenger.digest[:12]} matches the content"
    )


def _find_faults(challenger: ModelBundle, schema: Schema, protected: list[str]) -> list[str]:
    unknown = sorted({*challenger.input_names} - {column.name for column in schema.inputs})
    found = (challenger.schema_name, challenger.schema_version)
    expected = (schema.name, schema.version)
    faults = {
        f"it was trained for schema {' '.join(found)}, not {' '.join(expected)}": found != expected,
        f"it uses {show_examples(unknown)}, which the schema does not have": bool(unknown),
        f"it uses the protected {show_examples(protected)}, which its recipe does not name": (
            bool(protected) and not challenger.recipe.include_protected
        ),
        "its digest is not that of its content": challenger.digest != digest_bundle(challenger),
    }
    return [fault for fault, is_so in faults.items() if is_so]
