"""What is asked of a cluster, and how its scheduler may be reached.

Whoever can speak to a scheduler can run code as the account of its workers, and rows about clients pass between them. So a
scheduler on another machine is reached by TLS alone, where each side shows a certificate of the lender's own authority, and
the processes of one machine get certificates that live as long as they do.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from credit_default.adapters.host.given_paths import resolve_file
from credit_default.addresses import is_on_this_machine
from credit_default.errors import SetupError

_SCHEMES: Final = ("tcp", "tls")


@dataclass(frozen=True, slots=True)
class ClusterRequest:
    """Which cluster is asked for.

    Attributes:
        scheduler: The address of a running scheduler, `tls://host:port`; empty for processes of this machine.
        process_count: How many of those.
        memory_bytes: What each of them may hold in memory; 0 for an equal share of this machine's.
        answer_seconds: How long a scheduler may take to answer, and a first worker to come.
        tls_authority: The file of the certificate of the authority that both sides trust; empty without TLS.
        tls_certificate: The file of the driver's own certificate.
        tls_key: The file of its private key.
    """

    scheduler: str
    process_count: int
    memory_bytes: int = 0
    answer_seconds: float = 10.0
    tls_authority: str = ""
    tls_certificate: str = ""
    tls_key: str = ""

    @property
    def thing(self) -> str:
        """Return the cluster as messages name it."""
        return f"Dask scheduler {self.scheduler}" if self.scheduler else "Dask on this machine"


def check_scheduler(request: ClusterRequest) -> dict[str, str]:
    """Return the files of TLS for the scheduler's address, empty where it needs none.

    Raises:
        SetupError: It is no scheduler's address, it is on another machine and without TLS, or a file is not given.
    """
    address = urlsplit(request.scheduler)
    if address.scheme not in _SCHEMES or not address.hostname or not address.port:
        raise SetupError(
            request.thing,
            found="an address of another form",
            expected="tls://host:port, or tcp://127.0.0.1:port on this machine",
            remedy="Correct --scheduler, or leave it out to use the cores of this machine.",
        )
    if address.scheme == "tcp":
        if is_on_this_machine(request.scheduler):
            return {}
        raise SetupError(
            request.thing,
            found="a connection without encryption to another machine",
            expected="tls://: rows about clients pass over it, and who can reach it can run code there",
            remedy="Start the scheduler with --protocol tls; docs/scale.md says how.",
        )
    files = {
        "engine.tls_authority": request.tls_authority,
        "engine.tls_certificate": request.tls_certificate,
        "engine.tls_key": request.tls_key,
    }
    if missing := [name for name, path in files.items() if not path]:
        raise SetupError(
            request.thing,
            found=f"no setting {missing[0]}",
            expected="the files of an authority's certificate, of a certificate of ours and of its key",
            remedy="Set all three; docs/scale.md says how.",
        )
    return {name: _find_file(name, path) for name, path in files.items()}


def _find_file(name: str, path: str) -> str:
    file = resolve_file(path, thing=f"setting {name}")
    if not file.is_file():
        raise SetupError(
            f"setting {name}",
            found=f"no file {file}",
            expected="a file in the form PEM",
            remedy="Correct the path; docs/scale.md says how to make the files.",
        )
    return str(file)
