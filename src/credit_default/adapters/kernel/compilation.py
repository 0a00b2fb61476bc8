"""Compile the loops over trees to machine code. Run as a program, it does so for this installation: `make setup`, the image and `train` do.

numba is imported in this process only, and told to compile for every processor of this kind of machine: what an image's builder
compiles, each of its containers runs. The loops' own instructions are simple enough to lose little by it.
"""

import subprocess
import sys
from types import FunctionType
from typing import Any, Final

from credit_default.adapters.kernel.object_file import find_object_file, read_object, write_object
from credit_default.errors import ServiceError, SetupError
from credit_default.model.kernel import loops

COMPILATION: Final = (
    "credit_default.adapters.kernel.compilation"  # this module, which `python -m` runs
)
_SECONDS: Final = 120
_OPTIMISATION: Final = 3
LOOPS: Final = ("walk_trees", "add_up_tables")


def is_compiled() -> bool:
    """Return whether the loops are compiled for this installation."""
    path = find_object_file()
    return path is not None and read_object(path) is not None


def ensure_compiled() -> bool:
    """Compile the loops in a process of their own, unless they are there, and return whether they are there now.

    A few seconds, once for an installation. Where it is not possible (a read-only installation), nothing happens: scikit-learn
    walks the trees then.
    """
    path = find_object_file()
    if path is None:
        return False
    if read_object(path) is not None:
        return True
    prefix = ["-X", f"pycache_prefix={sys.pycache_prefix}"] if sys.pycache_prefix else []
    command = [sys.executable, "-P", *prefix, "-m", COMPILATION]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)  # noqa: S603 - this very module
    except (OSError, subprocess.SubprocessError):
        return False
    return read_object(path) is not None


def compile_loops() -> bytes:
    """Return an object file with the functions of `LOOPS`, which needs nothing but the C library."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_triple(llvm.get_process_triple())
    machine = target.create_target_machine(
        cpu="generic", opt=_OPTIMISATION, reloc="pic", codemodel="small", jit=True
    )
    module = None
    for name, function in _compile_functions().items():
        compiled = _keep_function(llvm, function, name=name, machine=machine)
        if module is None:
            module = compiled
        else:
            module.link_in(compiled)
    code: bytes = machine.emit_object(module)
    return code


def _compile_functions() -> dict[str, Any]:
    import numba as untyped_numba

    numba: Any = untyped_numba
    numba.config.CPU_NAME, numba.config.CPU_FEATURES = "generic", ""
    pointer, integer, number = numba.types.CPointer, numba.types.int64, numba.types.float64
    singles, doubles = pointer(numba.types.float32), pointer(number)
    places, entries = pointer(numba.types.uint32), pointer(numba.types.uint64)
    layout = (singles, *[integer] * 4)
    arguments = {
        "walk_trees": (
            *layout,
            *(places, singles, places, doubles, places, places),
            *(integer, integer, number, number),
            *(singles, places, doubles),
        ),
        "add_up_tables": (
            *layout,
            integer,
            *(places, places, singles, singles, places, places, places, entries, doubles),
            *(singles, places, doubles),
        ),
    }
    return {
        name: numba.cfunc(integer(*given), error_model="numpy")(_inline_helpers(numba, name))
        for name, given in arguments.items()
    }


def _inline_helpers(numba: Any, name: str) -> FunctionType:
    """Return the loop with the functions of its module that it calls as numba's own, so that they are compiled into it."""
    names = {
        helper: numba.njit(function, error_model="numpy")
        for helper, function in vars(loops).items()
        if isinstance(function, FunctionType) and helper.startswith("_")
    }
    return FunctionType(getattr(loops, name).__code__, {**vars(loops), **names}, name)


def _keep_function(llvm: Any, compiled: Any, *, name: str, machine: Any) -> Any:
    """Return the module with the plain function alone, under this name.

    numba wraps it in one that reports exceptions to Python, and so needs Python's symbols. The loops raise none.
    """
    module = llvm.parse_assembly(compiled.inspect_llvm())
    module.get_function(compiled.native_name).linkage = llvm.Linkage.internal
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options()))
    module.get_function(compiled.native_name.removeprefix("cfunc.")).name = name
    return module


def main() -> None:
    """Compile the loops for this installation, unless they are there.

    Raises:
        SetupError: This Python keeps no compiled code.
        ServiceError: The folder beside the source cannot be written.
    """
    path = find_object_file()
    if path is None:
        raise SetupError(
            "compiled loops",
            found="a Python that keeps no compiled code beside its sources",
            expected="a package in a folder of its own",
            remedy="Go on without: scores are the same, and take about five times as long.",
        )
    if read_object(path) is None:
        write_object(path, compile_loops())


if __name__ == "__main__":
    try:
        main()
    except (ServiceError, SetupError) as error:
        sys.exit(str(error))
