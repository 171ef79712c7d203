"""Apache Kafka's jars: fetched through jgo from Maven Central, and used only if their digests are the pinned ones."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from infra.local.problems import LocalProblem

# kafka-clients is named because jgo's mediation would pick 3.9.1; slf4j-simple, so that Kafka can say why it failed.
ENDPOINT = "org.apache.kafka:kafka_2.13:4.3.1+org.apache.kafka:kafka-clients:4.3.1+org.slf4j:slf4j-simple:1.7.36"
PINS = Path(__file__).with_name("kafka-jars.sha256")


@dataclass(frozen=True)
class Jar:
    sha256: str
    group: str
    artifact: str
    version: str

    @property
    def name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"

    @property
    def maven_path(self) -> Path:
        return Path(*self.group.split("."), self.artifact, self.version, self.name)


def pinned(pins: Path = PINS) -> list[Jar]:
    """The jars of the pin file: lines of `sha256  group:artifact:version`."""
    jars = []
    for line in pins.read_text().splitlines():
        if line and not line.startswith("#"):
            digest, coordinates = line.split()
            jars.append(Jar(digest, *coordinates.split(":")))
    return jars


def cache() -> Path:
    """Shared by all the local stacks of a user: DATACITY_CACHE, else the user's cache directory."""
    if chosen := os.environ.get("DATACITY_CACHE"):
        return Path(chosen) / "jars"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "datacity" / "jars"


def class_path(
    tell: Callable[[str], None],
    *,
    jars: Iterable[Jar] | None = None,
    store: Path | None = None,
) -> list[Path]:
    """Every jar, with the digest it must have; fetches those that aren't there. Blocks: call it in a thread."""
    wanted = list(jars if jars is not None else pinned())
    store = store or cache()
    missing = [jar for jar in wanted if not _is_sound(store / jar.name, jar)]
    if missing:
        _fetch(missing, store, tell)
    return [store / jar.name for jar in wanted]


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_sound(path: Path, jar: Jar) -> bool:
    return path.is_file() and digest_of(path) == jar.sha256


def _fetch(missing: list[Jar], store: Path, tell: Callable[[str], None]) -> None:
    from jgo.config import GlobalSettings

    repository = Path(GlobalSettings.load().repo_cache)
    store.mkdir(parents=True, exist_ok=True)
    # Fetched beside and moved when verified: a fetch that is cut short leaves nothing that looks like a jar.
    with (
        tempfile.TemporaryDirectory(dir=store, prefix=".fetching-") as draft,
        ThreadPoolExecutor(6) as fetchers,
    ):
        arrivals = fetchers.map(lambda jar: _bring(jar, repository, Path(draft), store), missing)
        for count, jar in enumerate(arrivals, start=1):
            tell(f"{count}/{len(missing)} jars ({jar.name})")


def _bring(jar: Jar, repository: Path, draft: Path, store: Path) -> Jar:
    known = repository / jar.maven_path
    if _is_sound(known, jar):
        copy = draft / jar.name
        shutil.copyfile(known, copy)
    else:
        copy = _download(jar, draft)
        if (actual := digest_of(copy)) != jar.sha256:
            message = (
                f"Don't run this Kafka: {jar.name} as downloaded is not the file that was pinned. Check the Maven "
                f"mirror you use, then `datacity up` again.\nexpected sha256 {jar.sha256}\nreceived sha256 {actual}"
            )
            raise LocalProblem(message)
    copy.replace(store / jar.name)
    return jar


def _download(jar: Jar, draft: Path) -> Path:
    import requests
    from jgo.maven import MavenContext

    context = MavenContext(repo_cache=draft, timeout=30)
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    try:
        return Path(artifact.resolve())
    except (requests.RequestException, RuntimeError, OSError) as error:
        message = (
            f"Check the network, then `datacity up` again: {jar.name} can't be fetched from Maven Central.\n{error}"
        )
        raise LocalProblem(message) from error


def pin() -> str:
    """Resolve the endpoint anew; run by hand when Kafka's version changes, and review what differs."""
    import jgo

    lines = ["# SHA-256 of every jar that the local Kafka runs; written by `python -m infra.local.jars`."]
    for artifact in jgo.resolve(ENDPOINT):
        coordinates = f"{artifact.groupId}:{artifact.artifactId}:{artifact.version}"
        lines.append(f"{digest_of(Path(artifact.resolve()))}  {coordinates}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PINS.write_text(pin())
