"""Ends a process and says what that cost: CPU time, which a busy machine does not stretch as it stretches the wall's.

Run by path: `runpy.run_path(".../process_end.py")["end_process"]`.
"""

import os
import signal
import subprocess
import time
from pathlib import Path

PATIENCE = 300  # seconds; what does not end by itself, as it should, outlasts them


def end_process(process: subprocess.Popen, *, patience: float = PATIENCE) -> float:
    """The CPU seconds that the process took from SIGTERM until its end; 0.0 where there is no /proc."""
    used = read_cpu_seconds(process.pid)
    process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + patience
    # not waited for yet, an ended process still has its figures
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        assert time.monotonic() < deadline, f"no end within {patience:.0f} s of SIGTERM"
        time.sleep(0.05)
    return read_cpu_seconds(process.pid) - used


def read_cpu_seconds(process_id: int) -> float:
    path = Path(f"/proc/{process_id}/stat")
    if not path.exists():
        return 0.0
    fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
