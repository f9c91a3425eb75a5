import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import ClassVar

import pytest

from neuralspot_edge.processes import CrashError, OverdueError, RefusalError, Worker, captured_stderr, shared

TESTS = str(Path(__file__).parent)


class Plain(Worker):
    module = "helpers.obedient_worker"
    environment: ClassVar[dict[str, str]] = {"PYTHONPATH": os.pathsep.join([TESTS, *sys.path])}


class Forking(Plain):
    environment: ClassVar[dict[str, str]] = {**Plain.environment, "OBEDIENT_FORK": "1"}


@pytest.fixture(params=[Plain, Forking])
def worker(request):
    with request.param() as started:
        yield started


def test_it_answers_with_anything_that_pickles(worker):
    value = {"content": bytes(300_000), "nothing": None, "list": [1.5, "x"]}
    assert worker.request(("echo", value)) == value


def test_what_it_prints_is_no_answer(worker):
    worker.request(("print", "x" * 100))
    assert worker.request(("echo", 1)) == 1


def test_an_error_is_told_in_one_line_and_it_goes_on(worker):
    with pytest.raises(RefusalError, match=r"^first / second$"):
        worker.request(("refuse", "first\n\n  second\nthird"))
    with pytest.raises(RefusalError, match=r"^ValueError$"):
        worker.request(("refuse", ""))
    assert worker.request(("echo", 2)) == 2


def test_a_crash_is_told_with_its_signal_and_last_words(worker):
    worker.request(("print", "of an earlier request"))
    with pytest.raises(CrashError) as caught:
        worker.request(("die", signal.SIGSEGV))
    assert (caught.value.cause, caught.value.last_words) == ("SIGSEGV", "last words")


def test_a_silent_end_is_told_with_its_status(worker):
    with pytest.raises(CrashError) as caught:
        worker.request(("exit", 3))
    assert caught.value.cause == "exit status 3"


def test_what_takes_too_long_is_stopped(worker):
    with pytest.raises(OverdueError, match=r"no answer within 0\.2 s"):
        worker.request(("sleep", 60), seconds=0.2)


def test_a_limit_that_is_kept_ends_with_the_request(worker):
    assert worker.request(("echo", 1), seconds=0.2) == 1
    with pytest.raises(RefusalError):
        worker.request(("refuse", "no"), seconds=0.2)
    worker.request(("sleep", 0.4))


def test_a_fork_dies_alone():
    with Forking() as worker:
        with pytest.raises(CrashError):
            worker.request(("die", signal.SIGKILL))
        assert worker.is_alive
        assert worker.request(("echo", 1)) == 1


def test_each_fork_starts_from_the_same_process():
    with Forking() as worker:
        first, second = (worker.request(("pid", None)) for _ in range(2))
        assert len({first, second, worker._process.pid}) == 3


def test_without_forks_a_crash_ends_the_worker():
    with Plain() as worker:
        assert worker.request(("pid", None)) == worker._process.pid
        with pytest.raises(CrashError):
            worker.request(("die", signal.SIGABRT))
        assert not worker.is_alive
        with pytest.raises(CrashError, match="SIGABRT"):
            worker.request(("echo", 1))


def test_an_interrupt_ends_it_with_what_it_forked(worker):
    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        worker.request(("sleep", 60))
    assert not worker.is_alive
    while is_there(worker._process.pid):
        time.sleep(0.05)


def is_there(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_requests_of_several_threads_are_answered_one_by_one(worker):
    answers = {}

    def ask(value):
        answers[value] = worker.request(("echo", value))

    threads = [threading.Thread(target=ask, args=(value,)) for value in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {value: value for value in range(20)}


def test_the_shared_worker_is_one_for_each_kind_and_is_replaced_when_dead():
    plain = shared(Plain)
    assert shared(Plain) is plain
    assert shared(Forking) is not plain
    plain.close()
    assert shared(Plain) is not plain
    assert shared(Plain).request(("echo", 1)) == 1
    for kind in (Plain, Forking):
        shared(kind).close()


def test_a_module_that_cannot_start_is_a_crash_that_says_why():
    class Missing(Plain):
        module = "helpers.no_such_worker"

    with Missing() as worker, pytest.raises(CrashError) as caught:
        worker.request(("echo", 1))
    assert "helpers.no_such_worker" in caught.value.last_words


def test_stderr_is_collected_and_given_back(capfd):
    with captured_stderr() as lines:
        os.write(2, b"first\nsecond")
    os.write(2, b"afterwards")
    assert lines == ["first", "second"]
    assert capfd.readouterr().err == "afterwards"


def test_stderr_is_given_back_after_an_error(capfd):
    def fail():
        with captured_stderr() as lines:
            said.append(lines)
            os.write(2, b"said before")
            raise ValueError("mine")

    said = []
    with pytest.raises(ValueError, match="mine"):
        fail()
    assert said == [["said before"]]
    os.write(2, b"afterwards")
    assert capfd.readouterr().err == "afterwards"
