"""Is the challenger what it says it is? Its schema, its inputs and its digest, before any of its scores is looked at."""

from credit_default.data.contract.schema import Schema
from credit_default.errors import show_examples
from credit_default.gates.promotion.check_result import Check
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.digest import digest_bundle


def check_structure(challenger: ModelBundle, *, schema: Schema) -> Check:
    """A fault for another schema, inputs that it does not have, a protected one unasked for, or another digest.

    A protected attribute is an input only where the recipe says so: then it is a person's decision, and told as one.
    """
    inputs = set(challenger.input_names)
    unknown = sorted(inputs - {column.name for column in schema.inputs})
    protected = sorted(inputs & set(schema.protected))
    found, expected = (
        (challenger.schema_name, challenger.schema_version),
        (schema.name, schema.version),
    )
    faults = {
        f"it was made for schema {' '.join(found)}, not {' '.join(expected)}": found != expected,
        f"it looks at {show_examples(unknown)}, which the schema does not have": bool(unknown),
        f"it looks at the protected {show_examples(protected)}, which its recipe does not say": bool(
            protected
        )
        and not challenger.recipe.include_protected,
        "its digest is not that of its content": challenger.digest != digest_bundle(challenger),
    }
    asked = (
        f"the protected {', '.join(protected)} among them, as its recipe says"
        if protected
        else "none protected"
    )
    told = f"structure: {len(inputs)} inputs of schema {' '.join(expected)}, {asked}; digest {challenger.digest[:12]} holds"
    fault = " and ".join(fault for fault, is_so in faults.items() if is_so)
    return Check(f"structure: {fault}" if fault else told, fault=fault)
