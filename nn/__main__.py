"""The command line: `python -m nn` trains nets, evaluates them, predicts with them, and explains what they do."""

from __future__ import annotations

import os
import sys

from nn.commands.options import as_option, parser
from nn.commands.reports import say
from nn.commands.train import train
from nn.commands.use import evaluate, explain, predict
from nn.datasets.advice import Advised
from nn.parallel import world
from nn.step import NotFinite


def main(arguments: list[str] | None = None) -> int:
    """Runs a command, also as one of several processes; returns its exit code, as `run` says."""
    try:
        return world().command(lambda: run(arguments))
    except (ImportError, RuntimeError) as error:  # where mpiexec has started several, and they cannot be connected
        say(f"error: {error}", file=sys.stderr)
        return 2


def run(arguments: list[str] | None) -> int:
    """Runs a command; returns 0, 1 if a training failed, 2 for bad arguments or data, 130 after Ctrl-C.

    141 is for a pipe that was closed, as in shells.
    """
    options = parser({"train": train, "evaluate": evaluate, "predict": predict, "explain": explain}).parse_args(
        arguments
    )
    if world().rank and options.run is not train:  # what others do once, and with a stdin that only rank 0 has
        return 0
    try:
        options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt as stop:
        say("", f"interrupted: {stop}".removesuffix(": "), file=sys.stderr)
        return 130
    except NotFinite as error:
        say(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.filename is None and error.errno:  # of what is printed: whatever is left of it goes nowhere
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # whoever reads, such as head, has enough
            return 141
        where = error.filename or ("what is printed" if error.errno else "")
        say(f"error: {f'{where}: {error.strerror}' if where else error}", file=sys.stderr)
        return 2
    except (ValueError, IndexError, MemoryError, ImportError) as error:
        say(f"error: {error.told(as_option) if isinstance(error, Advised) else error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
