"""No jar runs but the one that was pinned."""

import hashlib
from pathlib import Path

import pytest

from infra.local import jars
from infra.local.jars import Jar, class_path, pinned
from infra.local.problems import LocalProblem

GOOD = b"a jar"
JAR = Jar(hashlib.sha256(GOOD).hexdigest(), "io.example", "thing", "1.0")


def test_all_of_kafka_is_pinned_and_its_client_is_the_brokers_own() -> None:
    pins = {(jar.group, jar.artifact): jar for jar in pinned()}

    assert len(pins) >= 45
    assert all(len(jar.sha256) == 64 for jar in pins.values())
    assert pins["org.apache.kafka", "kafka_2.13"].version == "4.3.1"
    assert pins["org.apache.kafka", "kafka-clients"].version == "4.3.1"
    assert len({jar.name for jar in pins.values()}) == len(pins)


def test_a_jar_that_is_there_and_sound_is_not_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / JAR.name).write_bytes(GOOD)
    monkeypatch.setattr(jars, "_download", _unexpected)

    assert class_path(print, jars=[JAR], store=tmp_path) == [tmp_path / JAR.name]


def test_a_damaged_jar_is_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / JAR.name).write_bytes(GOOD[:2])
    monkeypatch.setattr(jars, "_download", _serving(GOOD))
    told: list[str] = []

    class_path(told.append, jars=[JAR], store=tmp_path)

    assert (tmp_path / JAR.name).read_bytes() == GOOD
    assert told == ["1/1 jars (thing-1.0.jar)"]


def test_a_download_with_another_digest_is_refused_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jars, "_download", _serving(b"something else"))

    with pytest.raises(LocalProblem, match=r"thing-1\.0\.jar as downloaded is not the file that was pinned") as refusal:
        class_path(print, jars=[JAR], store=tmp_path)

    assert JAR.sha256 in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def _serving(content: bytes):
    def download(jar: Jar, draft: Path) -> Path:
        file = draft / "download.jar"
        file.write_bytes(content)
        return file

    return download


def _unexpected(jar: Jar, draft: Path) -> Path:
    raise AssertionError(jar)
