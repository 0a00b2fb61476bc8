"""The errors that this package raises, as a tree, each class with the command's exit code.

CreditDefaultError
├── InputError       2  bad usage, or input that cannot be read as what it should be
│   └── SetupError   2  no champion, or an option or portfolio that every file would fail by
│       └── DeclarationError  2  several faults of one portfolio's declaration
├── RefusedError     1  a gate refused, and the run cannot continue
├── ServiceError     3  MLflow, Prefect, a disk or a network failed or did not answer
│   └── MlflowError  3  MLflow did: scoring and reconciling continue without it if they can
├── ArtifactError    3  a model artifact is not the one on record, or not one that we load
└── UnexpectedError 70  anything else: what a command shows of an error that no code expected
"""

import re
import textwrap
from collections.abc import Sequence
from typing import ClassVar

_LONGEST_EXAMPLE = 100
_LINE_WIDTH = 80
_MOST_FAULTS = 25  # in one message
# Begins at "://": a pattern that began at the scheme would be tried from each letter of a word.
_CREDENTIALS = re.compile(r"://[^/\s'\"]*@")


class CreditDefaultError(Exception):
    """An expected failure, shown to a person in one line.

    Every message names the thing, what was found, what was expected and what to do.

    Args:
        thing: What is wrong: a file, a setting, a service, a batch.
        found: What was found there.
        expected: What should have been there.
        remedy: What the reader can do, as a sentence.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, thing: str, *, found: str, expected: str, remedy: str) -> None:
        super().__init__(thing, found, expected, remedy)
        self.thing = thing
        self.found = found
        self.expected = expected
        self.remedy = remedy

    def __str__(self) -> str:
        message = f"{self.thing}: found {self.found}; expected {self.expected}. {self.remedy}"
        return hide_credentials(escape_unprintable(message))

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild_error, (type(self), self.thing, self.found, self.expected, self.remedy))


class InputError(CreditDefaultError):
    """Bad usage, or input that cannot be read as what it should be."""

    exit_code = 2


class SetupError(InputError):
    """What a file is scored with is missing or wrong: the champion, an option or the portfolio.

    The file itself is not at fault: every other file would fail in the same way, so no file may be
    set aside because of it.
    """


class DeclarationError(SetupError):
    """Several faults of one declaration, shown as a numbered list; `join_faults` makes one.

    Args:
        thing: What was declared: a file, or a part of one.
        found: All faults as one text.
        expected: As of every error.
        remedy: As of every error.
        faults: The faults, each with its place.
    """

    def __init__(
        self,
        thing: str,
        *,
        found: str,
        expected: str,
        remedy: str,
        faults: Sequence[CreditDefaultError] = (),
    ) -> None:
        super().__init__(thing, found=found, expected=expected, remedy=remedy)
        self.faults = tuple(faults)

    def __str__(self) -> str:
        if not self.faults:
            return super().__str__()
        lines = [
            textwrap.fill(
                hide_credentials(escape_unprintable(_describe_fault(fault))),
                _LINE_WIDTH,
                initial_indent=f"{number:>3}. ",
                subsequent_indent="     ",
                break_long_words=False,
                break_on_hyphens=False,
            )
            for number, fault in enumerate(self.faults[:_MOST_FAULTS], 1)
        ]
        if len(self.faults) > _MOST_FAULTS:
            lines.append(f"     … ({len(self.faults)} in all)")
        thing = escape_unprintable(self.thing)
        return "\n".join([f"{thing}: found {len(self.faults)} faults.", *lines, self.remedy])

    def __reduce__(self) -> tuple[object, ...]:
        return (join_faults, (self.thing, self.faults))


class RefusedError(CreditDefaultError):
    """A gate refused and the run cannot continue; `found` holds the verdict's reasons."""

    exit_code = 1


class ServiceError(CreditDefaultError):
    """A service that the run depends on failed or did not answer."""


class MlflowError(ServiceError):
    """MLflow failed or did not answer, as opposed to, say, this machine's disk."""


class ArtifactError(CreditDefaultError):
    """A model artifact is not the one on record, or holds something that is never loaded."""


class UnexpectedError(CreditDefaultError):
    """What is shown of an error that no code expected: a fault of the program, not of its input.

    It is made where a command or a script ends, never raised by the work itself.
    """

    exit_code = 70  # EX_SOFTWARE of sysexits.h


def _rebuild_error(
    kind: type[CreditDefaultError], thing: str, found: str, expected: str, remedy: str
) -> CreditDefaultError:
    return kind(thing, found=found, expected=expected, remedy=remedy)


def join_faults(thing: str, faults: Sequence[CreditDefaultError]) -> CreditDefaultError:
    """Return one error for all these faults of a declaration: the fault itself where there is one only.

    Args:
        thing: What was declared.
        faults: One or more; a fault that is several is taken apart.
    """
    parts = [part for fault in faults for part in list_faults(fault)]
    if len(parts) == 1:
        return parts[0]
    sentences = " ".join(_describe_fault(part) for part in parts)
    return DeclarationError(
        thing,
        found=f"{len(parts)} faults: {sentences}".removesuffix("."),
        expected="a declaration without faults",
        remedy="Correct all of them, then run again.",
        faults=parts,
    )


def list_faults(error: CreditDefaultError) -> tuple[CreditDefaultError, ...]:
    """Return the faults that an error consists of; most consist of themselves."""
    return error.faults if isinstance(error, DeclarationError) and error.faults else (error,)


def needs_setup(error: Exception) -> bool:
    """Return whether the setup is at fault, in one of the error's faults at least."""
    faults = list_faults(error) if isinstance(error, CreditDefaultError) else ()
    return any(isinstance(fault, SetupError) for fault in faults)


def _describe_fault(fault: CreditDefaultError) -> str:
    """Return the fault as a sentence; what to do is said once for all of them, unless it is something else."""
    remedy = "" if fault.remedy.startswith("Correct the ") else f" {fault.remedy}"
    return f"{fault.thing}: found {fault.found}; expected {fault.expected}.{remedy}"


def escape_unprintable(text: str) -> str:
    """Return the text on one line, line ends, terminal codes and bidirectional marks as escapes.

    File names and cells come from outside: quoted in a message, they must not move the cursor or
    reverse a line.
    """
    return (
        text
        if text.isprintable()
        else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    )


def hide_credentials(text: str) -> str:
    """Return the text with `***` in place of the user and password of every address in it."""
    return _CREDENTIALS.sub("://***@", text)


def show_examples(values: object, *, most: int = 5) -> str:
    """Return the first `most` values in quotes, long ones shortened, and the count if there are more."""
    items = [_shorten(repr(value)) for value in values]  # type: ignore[attr-defined]
    shown = ", ".join(items[:most])
    return shown if len(items) <= most else f"{shown} … ({len(items)} in all)"


def _shorten(text: str) -> str:
    return (
        text
        if len(text) <= _LONGEST_EXAMPLE
        else f"{text[:_LONGEST_EXAMPLE]}… ({len(text)} characters)"
    )
