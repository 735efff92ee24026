"""Tasks where their data is: Spark's `makeRDD`, for which Python has no word."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import TypeVar

from pyspark import SparkContext
from pyspark.rdd import RDD
from pyspark.serializers import CPickleSerializer

T = TypeVar("T")


def distribute(context: SparkContext, placed: Sequence[tuple[T, list[str]]]) -> RDD[T]:
    """A partition for each value, with the hosts on which Spark had better work on it, if it can soon."""
    jvm = context._jvm
    pairs = [jvm.scala.Tuple2(bytearray(pickle.dumps(value)), jvm.PythonUtils.toSeq(hosts)) for value, hosts in placed]
    tag = getattr(getattr(jvm.scala.reflect, "ClassTag$"), "MODULE$").Any()
    partitions = context._jsc.sc().makeRDD(jvm.PythonUtils.toSeq(pairs), tag)
    return RDD(partitions.toJavaRDD(), context, CPickleSerializer())
