"""The container images: who they run as, what is in them and what is not, that every program starts where the
root cannot be written, and that SIGTERM to process 1 ends with 0. Builds them first, as `make images` does.
Exit status 77: skipped, and why: no container tool works here, there is no base image, or buildah without root."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = {"coordinator": ["gvsl-coordinator", "gvslctl", "gvsl-dataset"],
            "worker": ["gvsl-worker", "gvsl-trainer"]}
SERVERS = {"coordinator": ["--state", "/var/lib/gvsl/state", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"],
           # Nobody listens on port 1.
           "worker": ["--coordinator", "127.0.0.1:1", "--work-dir", "/var/lib/gvsl/work", "--threads", "1"]}
# buildah alone has no `run --read-only`. A namespace, the mounted image without writing, and the image's user:
# $1 root, $2 user:group, $3 PATH, then the command, which becomes process 1.
ENTER = r"""
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
mount -o remount,bind,ro "$1"
mount --rbind /dev "$1/dev"
mount -t proc proc "$1/proc"
mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"
mount -t tmpfs -o mode=0750,uid="${2%:*}",gid="${2#*:}" tmpfs "$1/var/lib/gvsl"
root=$1 user=${2%:*} group=${2#*:} path=$3
shift 3
exec env -i PATH="$path" chroot "$root" setpriv --reuid "$user" --regid "$group" --clear-groups \
  --bounding-set=-all --no-new-privs "$@"
"""


def tool_function(*command):
    return subprocess.run(["bash", "-c", 'source deploy/images/tool.sh; "$@"', "sh", *command], check=False, cwd=ROOT,
                          capture_output=True, text=True)


class Image:
    """One image, and containers of it whose root is read-only and whose user is the image's."""

    def __init__(self, tool, name):
        self.tool, self.name = tool, name
        self.container = None

    def config(self, key):
        answer = tool_function("image_config", self.tool, self.name, key)
        if answer.returncode != 0:
            raise RuntimeError(answer.stderr)
        return json.loads(answer.stdout)

    def command(self, entrypoint, arguments):
        """`entrypoint` instead of the image's own, where it is one."""
        if self.tool != "buildah":
            own = ["--entrypoint", entrypoint] if entrypoint else []
            return [self.tool, "run", "--rm", "--read-only", "--network", "host", "--cap-drop", "ALL",
                    "--tmpfs", "/tmp", "--tmpfs", "/var/lib/gvsl:mode=0777", *own, self.name, *arguments]
        path = next(v for v in self.config("Env") if v.startswith("PATH=")).removeprefix("PATH=")
        whole = ([entrypoint] if entrypoint else self.config("Entrypoint")) + arguments
        return ["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "sh", "-c", ENTER, "sh",
                self.mounted(), self.config("User"), path, *whole]

    def mounted(self):
        def buildah(*arguments):
            return subprocess.run(["buildah", *arguments], check=True, capture_output=True, text=True).stdout.strip()
        if self.container is None:
            self.container = buildah("from", "--pull-never", self.name)
            self.root = buildah("mount", self.container)
        return self.root

    def run(self, program, *arguments):
        return subprocess.run(self.command(program, list(arguments)), check=False, capture_output=True, text=True,
                              timeout=60, stdin=subprocess.DEVNULL)

    def start(self, arguments):
        return subprocess.Popen(self.command(None, arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, stdin=subprocess.DEVNULL)

    def terminate(self, process):
        """SIGTERM to the container's process 1."""
        if self.tool != "buildah":
            process.send_signal(signal.SIGTERM)  # `run` passes it on
            return
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8")
        os.kill(int(children), signal.SIGTERM)

    def files(self):
        found = self.run("find", "/", "-xdev", "-printf", r"%M %U %p\n")
        return [line.split(" ", 2) for line in found.stdout.splitlines()]

    def end(self):
        if self.container is not None:
            subprocess.run(["buildah", "rm", self.container], check=False, capture_output=True)


def check_description(image, kind, version):
    assert image.config("User") == "65532:65532", image.config("User")
    assert image.config("Entrypoint") == ["/usr/bin/tini", "--", f"gvsl-{kind}"], image.config("Entrypoint")
    assert image.config("StopSignal") in ("SIGTERM", "15"), image.config("StopSignal")
    labels = image.config("Labels")
    assert labels["org.opencontainers.image.version"] == version, labels
    revision = subprocess.run(["git", "rev-parse", "HEAD"], check=False, cwd=ROOT, capture_output=True, text=True)
    assert labels["org.opencontainers.image.revision"] == (revision.stdout.strip() or "unknown"), labels
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0", labels
    environment = " ".join(image.config("Env"))
    assert not re.search(r"(?i)secret|token|passw|proxy", environment), environment


def check_content(image, kind):
    files = image.files()
    paths = [path for _, _, path in files]
    assert len(paths) > 1000, f"only {len(paths)} files were listed"
    libraries = [path for path in paths if re.search(r"/lib(torch|c10)[^/]*\.so", path)]
    assert bool(libraries) == (kind != "coordinator"), libraries
    ours = sorted(path.removeprefix("/opt/gvsl/bin/") for path in paths if path.startswith("/opt/gvsl/bin/"))
    assert ours == sorted(PROGRAMS[kind.removesuffix("-cuda")]), ours
    left = [path for path in paths
            if re.match(r"/var/lib/apt/lists/.|/var/cache/apt/.|/root/\.(?!bashrc|profile)|/var/log/.|/tmp/.", path)
            or re.search(r"\.key$|/id_(rsa|ed25519)|/\.git(/|$)|/\.netrc$|/include/.*\.h$", path)]
    assert not left, left
    # What a container runs as owns nothing of the image but the folder that it writes to.
    owned = [path for _, owner, path in files if owner == "65532" and not path.startswith(("/proc", "/dev"))]
    assert set(owned) <= {"/var/lib/gvsl"}, owned


def check_programs(image, kind, version):
    for program in PROGRAMS[kind.removesuffix("-cuda")]:
        for argument in ("--version", "--help"):
            answer = image.run(program, argument)
            assert answer.returncode == 0 and answer.stdout, f"{program} {argument}: {answer}"
            assert argument != "--version" or version in answer.stdout, answer.stdout
    assert image.run("id", "-u").stdout == "65532\n"
    # The root is read-only indeed, and what has to be written can be.
    for place, writable in (("/opt/gvsl/x", False), ("/etc/x", False), ("/tmp/x", True), ("/var/lib/gvsl/x", True)):
        answer = image.run("sh", "-c", f"echo >{place}")
        assert (answer.returncode == 0) == writable, f"{place}: {answer}"


def check_end(image, kind):
    """Process 1 is the entrypoint; SIGTERM ends it with 0, with a server that listened."""
    process = image.start(SERVERS[kind.removesuffix("-cuda")])
    deadline = threading.Timer(60, process.kill)
    deadline.start()
    try:
        line = process.stdout.readline()
        assert line.startswith("listening 127.0.0.1:"), line + process.stderr.read()
        image.terminate(process)
        _, errors = process.communicate()
        assert process.returncode == 0, f"{process.returncode}: {errors}"
    finally:
        deadline.cancel()
        process.kill()


def main():
    found = tool_function("find_container_tool")
    tool = found.stdout.strip()
    if found.returncode != 0:
        print("skipped:", found.stderr.strip())
        return 77
    if tool == "buildah" and os.geteuid() != 0:
        print("skipped: buildah runs images as root alone")
        return 77
    built = subprocess.run([ROOT / "deploy/images/build.sh"], check=False, capture_output=True, text=True)
    if built.returncode in (3, 4):
        print("skipped:", built.stderr.strip())
        return 77
    print(built.stderr.strip())
    if built.returncode != 0:
        return 1
    failed = False
    for name in built.stdout.split():
        kind, version = re.fullmatch(r".*/gvsl-([a-z-]+):(.*)", name).groups()
        image = Image(tool, name)
        try:
            for check, arguments in ((check_description, (kind, version)), (check_content, (kind,)),
                                     (check_programs, (kind, version)), (check_end, (kind,))):
                try:
                    check(image, *arguments)
                    print(f"ok      {name} {check.__name__}")
                except (AssertionError, RuntimeError, subprocess.SubprocessError) as problem:
                    print(f"FAILED  {name} {check.__name__}: {problem}")
                    failed = True
        finally:
            image.end()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
