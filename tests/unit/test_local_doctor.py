"""Whatever a machine lacks, the doctor says how to mend it."""

from pathlib import Path

import pytest

from infra.local import doctor, java
from infra.local.doctor import (
    DISK,
    MEMORY,
    check_disk,
    check_memory,
    check_permissions,
    check_time_zones,
    check_versions,
    examine,
)
from infra.local.home import Home


def test_this_machine_can_run_the_stack(tmp_path: Path) -> None:
    failing = [finding for finding in examine(Home.at(tmp_path / "new")) if not finding.passed]

    assert failing == []


def test_a_full_disk_is_told_with_its_remedy() -> None:
    assert check_disk(DISK).passed
    finding = check_disk(DISK - 1)
    assert not finding.passed
    assert "DATACITY_HOME" in finding.mend


def test_too_little_memory_matters_only_before_the_start() -> None:
    assert not check_memory(MEMORY - 1, already_up=False).passed
    assert check_memory(MEMORY - 1, already_up=True).passed


def test_casablanca_is_at_utc_for_good() -> None:
    finding = check_time_zones()

    assert finding.passed
    assert "UTC+0:00:00" in finding.found


def test_a_package_of_another_version_than_locked_is_named(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "pytest==0.0.1 \\\n    --hash=sha256:00\n"
        "no-such-package==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:00\n"
        "another-missing==1.0 \\\n    --hash=sha256:00\n"
    )

    finding = check_versions(lock)

    assert not finding.passed
    assert "(locked: 0.0.1)" in finding.found
    assert "another-missing missing" in finding.found
    assert "no-such-package" not in finding.found
    assert "--require-hashes" in finding.mend


def test_a_home_that_others_can_read_is_told_with_its_remedy(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    home.create()
    assert check_permissions(home).passed

    home.path.chmod(0o755)
    finding = check_permissions(home)

    assert not finding.passed
    assert finding.mend == f"Run `chmod go-rw {home.path}`."


def test_an_unreadable_state_does_not_keep_the_other_checks_from_running(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{")

    findings = {finding.check: finding for finding in examine(Home.at(tmp_path))}

    assert not findings["state"].passed
    assert "datacity down --erase" in findings["state"].mend
    assert findings["java"].passed


def test_an_old_java_is_passed_over_for_the_one_from_a_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATACITY_JAVA", raising=False)
    monkeypatch.setattr(java, "version_of", lambda _: 11)

    found = doctor.check_java()

    assert found.passed
    assert "from a wheel" in found.found


@pytest.mark.parametrize(
    ("told", "major"),
    [('openjdk version "25.0.2" 2026-01-20', 25), ('java version "1.8.0_402"', 8), ("nonsense", None)],
)
def test_javas_way_of_counting_is_understood(tmp_path: Path, told: str, major: int | None) -> None:
    program = tmp_path / "java"
    program.write_text(f"#!/bin/sh\necho '{told}' >&2\n")
    program.chmod(0o755)

    assert java.version_of(program) == major
