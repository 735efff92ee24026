"""Captures on file systems that only Hadoop's client can open: HDFS, object stores, whatever Spark reads.

Its shell copies them, not Spark's `binaryFiles`: that holds whole files in memory, of 2 GiB at most, and fails the
job where one of them is missing.
"""

from __future__ import annotations

import glob
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO
from xml.sax.saxutils import escape

import pyspark
from py4j.protocol import Py4JJavaError
from pyspark import SparkContext

from .errors import CopyFailure, ScaleError
from .program import scratch

_PREFIX = "spark.hadoop."


def matches(context: SparkContext, pattern: str) -> list[str]:
    """The files that match a URI with wildcards, as Hadoop knows them."""
    jvm = context._jvm
    try:
        path = jvm.org.apache.hadoop.fs.Path(pattern)
        found = path.getFileSystem(context._jsc.hadoopConfiguration()).globStatus(path)
    except Py4JJavaError as error:
        raise ScaleError(f"{pattern}: {error.java_exception}") from None
    return [status.getPath().toString() for status in found or [] if status.isFile()]


def hosts(context: SparkContext, uri: str) -> list[str]:
    """Those that hold its first block; none where the file system does not tell, or the file is not there."""
    path = context._jvm.org.apache.hadoop.fs.Path(uri)
    try:
        system = path.getFileSystem(context._jsc.hadoopConfiguration())
        blocks = system.getFileBlockLocations(system.getFileStatus(path), 0, 1)
        return [host for block in blocks for host in block.getHosts()]
    except Py4JJavaError:
        return []


@dataclass(frozen=True)
class HadoopClient:
    """Hadoop's shell, from the jars of Spark, with the settings of the job."""

    settings: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, context: SparkContext) -> HadoopClient:
        return cls(tuple((key.removeprefix(_PREFIX), value) for key, value in context.getConf().getAll()
                         if key.startswith(_PREFIX)))

    @contextmanager
    def copy(self, uri: str) -> Iterator[BinaryIO]:
        """The content of a file, copied to this machine for as long as it is needed.

        Raises: CopyFailure with what Hadoop says.
        """
        with tempfile.TemporaryDirectory(dir=scratch()) as folder:
            # A file, and not arguments: keys of object stores are among them, and others can see arguments.
            with open(os.path.join(folder, "core-site.xml"), "w", encoding="utf-8") as file:
                file.write(self._configuration())
            target = os.path.join(folder, "capture")
            command = [_java(), "-Xmx256m", "-cp", os.pathsep.join([folder, *_class_path()]),
                       "org.apache.hadoop.fs.FsShell", "-get", uri, target]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
                raise CopyFailure(f"{uri}: {lines[-1]}")
            with open(target, "rb") as content:
                yield content

    def _configuration(self) -> str:
        properties = "".join(f"<property><name>{escape(key)}</name><value>{escape(value)}</value></property>"
                             for key, value in self.settings)
        return f'<?xml version="1.0"?><configuration>{properties}</configuration>'


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    return os.path.join(home, "bin", "java") if home else "java"


def _class_path() -> list[str]:
    """Hadoop's settings on this machine, and the jars: YARN names them, elsewhere Spark's home has them."""
    places = [os.environ.get(name) for name in ("HADOOP_CONF_DIR", "CLASSPATH")]
    home = os.environ.get("SPARK_HOME", os.path.dirname(pyspark.__file__))
    return [place for place in places if place] + [os.path.join(home, "jars", "*"), *glob.glob("*.jar")]
