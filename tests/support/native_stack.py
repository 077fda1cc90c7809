"""The services of docker-compose.yaml as processes of this machine: same commands, same settings.

Only what a container would provide differs: host names become loopback ports, the image's folders
become folders of the repository and of the test.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.compose_file import REPOSITORY, load_compose

VARIABLES = {
    "POSTGRES_PASSWORD": "0123456789abcdef",
    "AIRFLOW_FERNET_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "AIRFLOW_JWT_SECRET": "0123456789abcdef" * 4,
}
LOGINS = {"admin": "admin", "viewer": "viewer"}
BINARIES = Path(sys.executable).parent
STOP_SECONDS = 30


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def image_environment() -> dict[str, str]:
    """Return the variables that the Dockerfile sets."""
    text = (REPOSITORY / "Dockerfile").read_text().replace("\\\n", " ")
    lines = re.findall(r"^ENV (.*)$", text, flags=re.MULTILINE)
    return dict(pair.split("=", 1) for line in lines for pair in line.split())


@dataclass
class NativeStack:
    """Starts services of the Compose file; ``stop`` ends all of them.

    :param folder: stands for the containers' file systems.
    """

    folder: Path
    postgres_port: int
    redis_port: int
    port: int = field(default_factory=free_port)
    marketo_port: int = field(default_factory=free_port)
    dynamics_port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.services: dict[str, Any] = load_compose(VARIABLES)["services"]
        for name in ("data", "staging", "airflow"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "data" / "passwords.json").write_text(json.dumps(LOGINS))

    @property
    def base_url(self) -> str:
        """Where the web server answers."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self, service: str) -> dict[str, str]:
        """Return the settings of a service, with addresses and folders of this machine."""
        settings = {**image_environment(), **self.services[service]["environment"]}
        return {
            **os.environ,
            **{name: self._here(value) for name, value in settings.items()},
            "AIRFLOW_HOME": str(self.folder / "airflow"),
            "AIRFLOW__CORE__MP_START_METHOD": "fork",
            "PATH": f"{BINARIES}{os.pathsep}{os.environ['PATH']}",
        }

    def run(self, service: str, *arguments: str) -> None:
        """Run a service that ends by itself, with further ``arguments``.

        :raises RuntimeError: it failed; the message is its output.
        """
        done = subprocess.run(
            [*self._command(service), *arguments],
            env=self.environment(service),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{service} failed:\n{done.stdout}{done.stderr}")

    def start(self, service: str, *, replica: int = 1) -> None:
        """Start a service in the background; replicas get names and log ports of their own."""
        environment = self.environment(service)
        environment["AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT"] = str(free_port())
        environment["AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT"] = str(free_port())
        command = self._command(service)
        if "worker" in command:
            command += ["--celery-hostname", f"worker{replica}@test"]
        name = f"{service}-{replica}"
        with self.log(name).open("ab") as output:
            self.processes[name] = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self, service: str, *, replica: int = 1) -> None:
        """End a service and its children at once, as a machine that loses power does."""
        process = self.processes.pop(f"{service}-{replica}")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def log(self, name: str) -> Path:
        """Return where ``{service}-{replica}`` writes."""
        return self.folder / f"{name}.log"

    def stop(self) -> None:
        """End everything, politely first, and then the children that are left."""
        for process in self.processes.values():
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self.processes.values():
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def wait(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait for ``condition``.

        :raises TimeoutError: names ``what`` and shows the end of every log.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            dead = [name for name, process in self.processes.items() if process.poll() is not None]
            if dead or time.monotonic() > deadline:
                raise TimeoutError(f"No {what} ({dead} ended):\n{self._log_tails()}")
            time.sleep(0.5)

    def _command(self, service: str) -> list[str]:
        words = [self._here(word) for word in self.services[service]["command"]]
        if words[0] != "python":
            words.insert(0, "airflow")
        return [str(BINARIES / words[0]), *words[1:]]

    def _here(self, value: str) -> str:
        ports = {"8080": self.port, "8701": self.marketo_port, "8702": self.dynamics_port}
        if value in ports:
            return str(ports[value])
        places = {
            "0.0.0.0": "127.0.0.1",
            "sandbox-marketo:8701": f"127.0.0.1:{self.marketo_port}",
            "sandbox-dynamics:8702": f"127.0.0.1:{self.dynamics_port}",
            "postgres:5432": f"127.0.0.1:{self.postgres_port}",
            "redis:6379": f"127.0.0.1:{self.redis_port}",
            "airflow-api-server:8080": f"127.0.0.1:{self.port}",
            "localhost:8080": f"127.0.0.1:{self.port}",
            "/opt/leadsync/data": str(self.folder / "data"),
            "/opt/leadsync/staging": str(self.folder / "staging"),
            "/opt/leadsync": str(REPOSITORY),
        }
        for there, here in places.items():
            value = value.replace(there, here)
        return value

    def _log_tails(self) -> str:
        return "\n".join(
            f"--- {name}\n{self.log(name).read_text(errors='replace')[-1500:]}"
            for name in self.processes
        )
