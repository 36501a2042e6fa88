"""Child processes."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from benchmarks import processes
from benchmarks.processes import Memory
from testbed.errors import TestbedError


def test_output_is_returned() -> None:
    command = [sys.executable, "-c", "import os; print(os.environ['WORD'])"]
    assert processes.run(command, {"WORD": "hello"}, limit=30) == "hello\n"


def test_failure_carries_what_the_command_said() -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('broken')"]
    with pytest.raises(TestbedError, match="exit status 1") as caught:
        processes.run(command, {}, limit=30)
    assert caught.value.details == "broken"


def test_command_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    # Nothing is ever written to the pipe that it reads from.
    code = f"import os; open({str(file)!r}, 'w').write(str(os.getpid())); os.read(os.pipe()[0], 1)"
    with pytest.raises(TestbedError, match="longer than 1 s"):
        processes.run([sys.executable, "-c", code], {}, limit=1)
    assert not psutil.pid_exists(int(file.read_text()))


def test_memory_includes_descendants() -> None:
    alone = processes.memory(psutil.Process(os.getpid())).rss
    with subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        its = processes.memory(psutil.Process(child.pid)).rss
        assert its > 0
        assert processes.memory(psutil.Process(os.getpid())).rss >= alone / 2 + its
        child.communicate(b"\n")


def test_time_of_the_processor_includes_descendants_that_have_ended() -> None:
    code = "import time\nwhile time.process_time() < 0.2: pass"
    before = processes.cpu_seconds(psutil.Process(os.getpid()))
    processes.run([sys.executable, "-c", code], {}, limit=30)
    assert processes.cpu_seconds(psutil.Process(os.getpid())) >= before + 0.1


def test_growth_is_divided() -> None:
    before, after = Memory(rss=100, pss=50), Memory(rss=400, pss=80)
    assert after.growth(before, 3) == Memory(rss=100, pss=10)
    assert after.growth(Memory(rss=100, pss=None), 3) == Memory(rss=100, pss=None)
