"""A connection to Spark: to a cluster's master, or to a cluster of real processes on this machine."""

from __future__ import annotations

import glob
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import pyspark
from py4j.protocol import Py4JJavaError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkRuntimeError

from . import errors
from .errors import ScaleError

T = TypeVar("T")

# Seen from Spark, where it is installed; a home of a local cluster has links to them.
_PARTS_OF_HOME = ("bin", "jars", "python")

_JAVA_HOMES = "/usr/lib/jvm/java-17-openjdk-*"  # on Debian and Ubuntu

# Java's work is small here, and it starts twice as soon this way.
_JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

_LOGGING = """\
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = stderr
# It would else say that it has changed the level.
logger.gateway.name = org.apache.spark.api.python.PythonGatewayServer
logger.gateway.level = error
# It complains of each task that was under way when a job was given up.
logger.transport.name = org.apache.spark.network.server.TransportRequestHandler
logger.transport.level = off
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n
"""


def local_cluster(executors: int, cores: int) -> str:
    """The master of so many executors on this machine, of so many cores and 1 GiB each."""
    return f"local-cluster[{executors},{cores},1024]"


@contextmanager
def connect(master: str, settings: dict[str, str]) -> Iterator[SparkContext]:
    """A context of the master; all that it started on this machine has ended when the block ends."""
    _find_java()
    configuration = SparkConf().setMaster(master).setAppName("snat-audit").set("spark.ui.enabled", "false")
    configuration.set("spark.ui.showConsoleProgress", str(sys.stderr.isatty()).lower())
    with tempfile.TemporaryDirectory(prefix="snat-scale-") as folder:
        if master.startswith("local"):
            configuration.setAll(_stay_on_this_machine(folder))
        configuration.setAll(settings.items())
        try:
            with SparkContext(conf=configuration) as context:
                context.addPyFile(_own_package(folder))
                yield context
        except Py4JJavaError as error:
            raise ScaleError(_cause(error)) from None
        except PySparkRuntimeError as error:
            raise ScaleError(f"Spark does not start: {error}") from None
        finally:
            _end_java()


def wait_for(context: SparkContext, work: Callable[[], T]) -> T:
    """What `work` returns, which waits for Spark. That is done by a thread of its own: a signal would else break into
    the talk with Java, and nothing could be said to it any more, not even that it should stop."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        try:
            return future.result()
        except BaseException:
            context.cancelAllJobs()
            raise


def _find_java() -> None:
    """The Java of the environment, or the newest that this Spark is made for, before any other."""
    if "JAVA_HOME" in os.environ:
        return
    if homes := glob.glob(_JAVA_HOMES):
        os.environ["JAVA_HOME"] = homes[0]
    elif not shutil.which("java"):
        raise ScaleError("Spark needs Java 17, and there is no java; `make deps-scale` installs it")


def _stay_on_this_machine(folder: str) -> list[tuple[str, str]]:
    """Settings of a local cluster: nothing listens but on the loopback, and nothing is left behind. Workers write
    to their home, so that each job has one of its own."""
    home = os.path.join(folder, "home")
    installed = os.environ.get("SPARK_HOME", os.path.dirname(pyspark.__file__))
    os.makedirs(os.path.join(home, "conf"))
    for part in _PARTS_OF_HOME:
        os.symlink(os.path.join(installed, part), os.path.join(home, part))
    with open(os.path.join(home, "conf", "log4j2.properties"), "w", encoding="utf-8") as file:
        file.write(_LOGGING)
    os.environ |= {
        "SPARK_HOME": home,
        "SPARK_CONF_DIR": os.path.join(home, "conf"),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_HOSTNAME": "localhost",
        "PYSPARK_PYTHON": sys.executable,
    }
    return [
        ("spark.driver.host", "localhost"),
        ("spark.driver.bindAddress", "127.0.0.1"),
        ("spark.driver.extraJavaOptions", _JAVA_OPTIONS),
        ("spark.executor.extraJavaOptions", _JAVA_OPTIONS),
        ("spark.local.dir", os.path.join(folder, "local")),
    ]


def _own_package(folder: str) -> str:
    """This package as an archive, for the executors."""
    parent, name = os.path.split(os.path.dirname(os.path.abspath(__file__)))
    return shutil.make_archive(os.path.join(folder, name), "zip", parent, name)


def _cause(error: Py4JJavaError) -> str:
    """The line that matters of what Spark says in pages: how a task's last traceback ends, or else the first."""
    text = str(error.java_exception)
    _, _, traceback = text.rpartition("Traceback (most recent call last)")
    if not traceback:
        return text.splitlines()[0]
    line = traceback.partition("\n\n")[0].splitlines()[-1]
    return line.partition(": ")[2] if line.startswith(errors.__name__) else line


def _end_java() -> None:
    """Ends the Java process, which would otherwise end some time after this one."""
    if gateway := SparkContext._gateway:
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait(timeout=60)
        SparkContext._gateway = SparkContext._jvm = None
