"""Running the ffmpeg program that imageio-ffmpeg brings: through pipes, with limits of time and memory, no files."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache

from jndkit.errors import CodecError, MissingError

INSTALL = "pip install 'jndkit[vvc]'"
# The formats of ffmpeg read nothing but the pipe: no file, no address that a hostile stream could name.
# The log stays at "info": the callers read in it which formats ffmpeg really took.
_QUIET = ("-hide_banner", "-nostats", "-nostdin", "-loglevel", "info", "-protocol_whitelist", "pipe")


@cache
def program() -> str:
    """The path of the ffmpeg program. Raises MissingError."""
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise MissingError("an ffmpeg program", INSTALL) from error


def run(arguments: list[str], data: bytes, seconds: float, memory: int | None = None) -> tuple[bytes, str]:
    """What ffmpeg writes to its output and to its log, given `data` on its input.

    seconds: time limit.  memory: limit of its address space in bytes, where the system has such limits.
    Raises CodecError when it fails, is stopped by a limit, or cannot be started.  The program never outlives the call.
    """
    try:
        child = subprocess.Popen(
            [program(), *_QUIET, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except OSError as error:
        raise CodecError(f"ffmpeg cannot be started: {error}") from error
    with child:
        try:
            # The limit is set before the first byte of data is sent, so nothing from outside runs without it.
            if memory is not None and sys.platform == "linux":
                import resource

                resource.prlimit(child.pid, resource.RLIMIT_AS, (memory, memory))
            output, log = child.communicate(data, timeout=seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            raise CodecError(f"ffmpeg did not finish within {seconds:.0f} seconds") from None
        except BaseException:  # Ctrl-C too
            child.kill()
            raise
    text = log.decode("utf-8", "replace")
    # ffmpeg may end well and have written nothing.
    if child.returncode != 0 or not output:
        raise CodecError(f"ffmpeg failed: {_reason(text)}")
    return output, text


@cache
def version() -> str:
    """The version the program gives itself."""
    lines = subprocess.run([program(), "-version"], capture_output=True, timeout=30, check=False).stdout.decode()
    version = re.match(r"ffmpeg version (\S+)", lines)
    return version[1] if version else "unknown"


def _reason(log: str) -> str:
    """The first complaint in a log: the lines after it follow from it."""
    # Lines open with the part of ffmpeg that speaks and its address: [vvc @ 0x55d0c8].
    lines = [re.sub(r"^\[[^\]]*\]\s*", "", line).strip() for line in log.splitlines()]
    complaints = [
        line for line in lines if re.search(r"error|invalid|fail|cannot|unknown|unsupported", line, re.IGNORECASE)
    ]
    return (complaints or lines or ["no reason given"])[0].rstrip(".")
