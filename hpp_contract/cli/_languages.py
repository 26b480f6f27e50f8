"""The languages of `hpp-contract init`: which example each begins with, how that is built and started, and what a CI
job needs for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Language:
    """One language. Paths in `command` and `build` are relative to the repository of the client."""

    examples: tuple[str, ...]
    """What is copied: folders of `examples/`, or files in them."""
    command: str
    """The adapter, once it is built."""
    image: str
    """The image of a job on GitLab."""
    build: tuple[str, ...] = ()
    """Commands that make the adapter."""
    built: tuple[str, ...] = ()
    """What these write in `contract/`, for `.gitignore`."""
    action: str = ""
    """The action that brings the runtime on GitHub, by commit; none where GitHub's runner has it."""
    action_inputs: tuple[tuple[str, str], ...] = ()
    packages: tuple[str, ...] = ()
    """Debian packages that the image lacks, beside Python."""
    run_by_tests: bool = True
    """Whether our own tests run the adapter on the machines of this project."""


_JAR: Final = "contract/build/adapter.jar"
_PLACEHOLDERS: Final = "{base_url} {username} {password} {session_id} {timeout_ms}"

LANGUAGES: Final = {
    "python": Language(("python-stdlib",), "python3 contract/adapter.py", "python:3.12-bookworm"),
    "node": Language(
        ("node-fetch",),
        "node contract/adapter.mjs",
        "node:22-bookworm",
        action="actions/setup-node@249970729cb0ef3589644e2896645e5dc5ba9c38 # v6.5.0",
        action_inputs=(("node-version", "22"),),
    ),
    "typescript": Language(
        ("typescript-fetch",),
        "node contract/build/adapter.mjs",
        "node:22-bookworm",
        build=("npm install --no-save typescript@5 @types/node@22", "npx tsc --project contract"),
        built=("build/",),
        action="actions/setup-node@249970729cb0ef3589644e2896645e5dc5ba9c38 # v6.5.0",
        action_inputs=(("node-version", "22"),),
    ),
    "php": Language(("php-curl",), "php contract/adapter.php", "php:8.3-cli-bookworm"),
    "ruby": Language(("ruby-net-http",), "ruby contract/adapter.rb", "ruby:3.3-bookworm"),
    "java": Language(
        ("java-httpclient",),
        "java -cp contract/build Adapter",
        "eclipse-temurin:21-jdk-noble",
        build=("javac -d contract/build contract/*.java",),
        built=("build/",),
        action="actions/setup-java@b6effb05e454b25005698d916606bdc6ffcbf961 # v5.7.0",
        action_inputs=(("distribution", "temurin"), ("java-version", "21")),
    ),
    "go": Language(
        ("go-net-http",),
        "contract/build/adapter",
        "golang:1.23-bookworm",
        build=("go build -o contract/build/adapter contract/adapter.go contract/client.go",),
        built=("build/",),
        action="actions/setup-go@924ae3a1cded613372ab5595356fb5720e22ba16 # v6.5.0",
        action_inputs=(("go-version", "1.23"), ("cache", "false")),
    ),
    "csharp": Language(
        ("csharp-httpclient",),
        "dotnet contract/build/adapter.dll",
        "mcr.microsoft.com/dotnet/sdk:8.0-bookworm-slim",
        build=("dotnet build --nologo --verbosity quiet --output contract/build contract",),
        built=("bin/", "build/", "obj/"),
        action="actions/setup-dotnet@26b0ec14cb23fa6904739307f278c14f94c95bf1 # v5.4.0",
        action_inputs=(("dotnet-version", "8.0"),),
        run_by_tests=False,
    ),
    "kotlin": Language(
        ("kotlin-httpclient", "java-httpclient/Json.java", "java-httpclient/Trust.java"),
        f"java -cp {_JAR}:contract/build AdapterKt",
        "debian:bookworm",
        build=(
            "javac -d contract/build contract/Json.java contract/Trust.java",
            f"kotlinc -cp contract/build contract/*.kt -include-runtime -d {_JAR}",
        ),
        built=("build/",),
        packages=("kotlin", "default-jdk-headless"),
    ),
    "shell": Language(
        ("shell-curl",), f"sh contract/read-session.sh {_PLACEHOLDERS}", "debian:bookworm", packages=("curl", "jq")
    ),
}

ALSO_CALLED: Final = {
    "py": "python", "python3": "python", "js": "node", "javascript": "node", "nodejs": "node", "ts": "typescript",
    "rb": "ruby", "golang": "go", "c#": "csharp", "cs": "csharp", "dotnet": "csharp", ".net": "csharp", "kt": "kotlin",
    "bash": "shell", "sh": "shell", "curl": "shell",
}  # fmt: skip
"""Other names of the same."""
