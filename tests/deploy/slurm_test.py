"""The sbatch scripts with stand-ins for Slurm's programs: who is told what at a time limit, at scancel, at an end."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "slurm"
LIMIT_SECONDS = 30

# As the real one: a TERM of its own kills the tasks, and one from scancel reaches them.
SRUN = """#!/bin/bash
trap 'echo srun-killed-the-tasks >>"$LOG"; exit 143' TERM
trap 'echo tasks-were-told >>"$LOG"; exit "$STATUS_WHEN_TOLD"' USR2
echo "srun $*" >>"$LOG"
echo $$ >"$FOLDER/srun.pid"
[[ -z $STATUS_AT_ONCE ]] || exit "$STATUS_AT_ONCE"
while :; do sleep 0.05; done
"""
SCANCEL = """#!/bin/bash
echo "scancel $*" >>"$LOG"
[[ ! -e $FOLDER/srun.pid ]] || kill -USR2 "$(cat "$FOLDER/srun.pid")"
"""
SCONTROL = """#!/bin/bash
echo "scontrol $*" >>"$LOG"
"""
COORDINATOR = """#!/bin/bash
trap 'echo coordinator-was-told >>"$LOG"; exit 0' TERM
echo "listening 0.0.0.0:41234"
while :; do sleep 0.05; done
"""
# What a script looks at with `kill -0` has ended before it looks.
LOOKS_LATE = {"BASH_FUNC_kill%%": "() { sleep 0.2; builtin kill \"$@\"; }"}


class Slurm(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        programs = self.folder / "bin"
        programs.mkdir()
        for name, text in {"srun": SRUN, "scancel": SCANCEL, "scontrol": SCONTROL,
                           "gvsl-coordinator": COORDINATOR}.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        self.log = self.folder / "log"
        self.log.touch()

    def start(self, script, at_once="", when_told="0", **more):
        self.script = subprocess.Popen(
            ["bash", SCRIPTS / script], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}", "LOG": str(self.log),
                 "FOLDER": str(self.folder), "STATUS_AT_ONCE": at_once, "STATUS_WHEN_TOLD": when_told,
                 "SLURM_JOB_ID": "7", "SLURM_CPUS_PER_TASK": "3", "GVSL_COORDINATOR": "localhost:7600",
                 "GVSL_POOL": str(self.folder / "pool"), **more})
        self.addCleanup(self.end_all, self.script.pid)

    @staticmethod
    def end_all(group):
        """What a script that is wrong has left behind, too."""
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def tell(self, number):
        deadline = time.monotonic() + LIMIT_SECONDS
        while not (self.folder / "srun.pid").exists():
            self.assertLess(time.monotonic(), deadline, "srun was never started")
            time.sleep(0.02)
        self.script.send_signal(number)

    def end(self):
        status = self.script.wait(LIMIT_SECONDS)
        return status, self.log.read_text()

    def test_a_pool_at_its_time_limit_tells_the_workers_and_then_the_coordinator(self):
        self.start("gvsl-pool.sbatch")
        self.tell(signal.SIGUSR1)
        status, log = self.end()
        self.assertEqual(status, 0)
        self.assertIn("tasks-were-told\ncoordinator-was-told\n", log)
        self.assertNotIn("srun-killed", log)
        self.assertIn("--cpus-per-task=3", log)

    def test_a_pool_whose_workers_fail_as_they_are_told_ends_the_coordinator_all_the_same(self):
        self.start("gvsl-pool.sbatch", when_told="1")
        self.tell(signal.SIGTERM)
        status, log = self.end()
        self.assertEqual(status, 0)
        self.assertIn("coordinator-was-told", log)

    def test_a_pool_that_ends_by_itself_has_its_status_and_ends_the_coordinator(self):
        for expected, more in ((0, {}), (3, {}), (3, LOOKS_LATE)):
            with self.subTest(expected, late=bool(more)):
                self.start("gvsl-pool.sbatch", at_once=str(expected), **more)
                status, log = self.end()
                self.assertEqual(status, expected)
                self.assertIn("coordinator-was-told", log)

    def test_a_pool_that_is_started_again_does_not_show_the_old_address(self):
        pool = self.folder / "pool"
        pool.mkdir()
        (pool / "coordinator.out").write_text("listening 0.0.0.0:9\n")
        self.start("gvsl-pool.sbatch", at_once="0")
        self.end()
        self.assertTrue((pool / "address").read_text().endswith(":41234\n"))

    def test_a_gang_at_its_time_limit_writes_its_checkpoint_and_is_requeued(self):
        self.start("gvsl-mpi.sbatch", when_told="1")
        self.tell(signal.SIGUSR1)
        status, log = self.end()
        self.assertEqual(status, 1)
        self.assertIn("tasks-were-told", log)
        self.assertNotIn("srun-killed", log)
        self.assertIn("scontrol requeue 7", log)

    def test_a_gang_that_is_cancelled_is_not_requeued(self):
        self.start("gvsl-mpi.sbatch", when_told="1")
        self.tell(signal.SIGTERM)
        status, log = self.end()
        self.assertEqual(status, 1)
        self.assertIn("tasks-were-told", log)
        self.assertNotIn("scontrol", log)

    def test_a_gang_that_fails_is_launched_again_and_then_requeued(self):
        self.start("gvsl-mpi.sbatch", at_once="1")
        status, log = self.end()
        self.assertEqual(status, 1)
        self.assertEqual(log.count("srun --mpi"), 5)
        self.assertIn("scontrol requeue 7", log)

    def test_a_gang_whose_job_is_done_or_failed_ends_so(self):
        for expected, more in ((0, {}), (6, {}), (6, LOOKS_LATE)):
            with self.subTest(expected, late=bool(more)):
                self.log.write_text("")
                self.start("gvsl-mpi.sbatch", at_once=str(expected), **more)
                status, log = self.end()
                self.assertEqual(status, expected)
                self.assertEqual(log.count("srun --mpi"), 1)
                self.assertNotIn("scontrol", log)


if __name__ == "__main__":
    unittest.main()
