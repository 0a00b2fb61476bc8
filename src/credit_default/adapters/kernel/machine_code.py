"""The compiled loops in memory: found, loaded by llvmlite without numba, called through ctypes.

ctypes lets go of Python's lock during a call, so several threads walk trees at once. Loading takes .03 s and compiles nothing.
"""

import ctypes
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from credit_default.adapters.kernel.object_file import find_object_file, read_object
from credit_default.model.kernel.kernel import Kernel, RunLoop

_POINTER = ctypes.c_void_p
_INTEGER = ctypes.c_int64
_NUMBER = ctypes.c_double
_LAYOUT = (_POINTER, *[_INTEGER] * 4)
# As numba calls: a place for the result, a place for an exception (there is none), then what the loop takes.
_ARGUMENTS = {
    "walk_trees": (
        *_LAYOUT,
        *[_POINTER] * 6,
        _INTEGER,
        _INTEGER,
        _NUMBER,
        _NUMBER,
        *[_POINTER] * 3,
    ),
    "add_up_tables": (*_LAYOUT, _INTEGER, *[_POINTER] * 12),
}


@dataclass(frozen=True, slots=True, eq=False)
class MachineCode:
    """The compiled loops. A copy of it in another process loads that machine's own, or is none."""

    walk_trees: RunLoop
    add_up_tables: RunLoop
    engine: Any  # owns the memory of the code

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        return load_kernel, ()


def load_kernel() -> Kernel | None:
    """Return the compiled loops of this installation, loaded once; None where there are none."""
    path = find_object_file()
    code = None if path is None else read_object(path)
    return None if code is None else load_machine_code(code)


@cache
def load_machine_code(code: bytes) -> MachineCode:
    """Return the loops of an object file; the same bytes are loaded once."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_triple(llvm.get_process_triple())
    machine = target.create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    loops = {name: _find_loop(engine, name, given) for name, given in _ARGUMENTS.items()}
    return MachineCode(loops["walk_trees"], loops["add_up_tables"], engine)


def _find_loop(engine: Any, name: str, given: tuple[Any, ...]) -> RunLoop:
    kind = ctypes.CFUNCTYPE(ctypes.c_int32, _POINTER, _POINTER, *given)
    call = kind(engine.get_function_address(name))

    def run(*arguments: Any) -> int:
        result = ctypes.c_int64()
        raised = ctypes.c_void_p()
        call(
            ctypes.addressof(result),
            ctypes.addressof(raised),
            *(each.ctypes.data if isinstance(each, np.ndarray) else each for each in arguments),
        )
        return result.value

    return run
