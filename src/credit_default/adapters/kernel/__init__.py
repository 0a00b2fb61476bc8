"""The compiled kernel: the loops over trees as machine code, made once by numba, loaded by llvmlite."""
