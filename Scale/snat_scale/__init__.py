"""snat-audit on Apache Spark.

Spark brings captures to processors, records to the one place where those of a load balancer are judged, and
does again what was lost. What captures mean is left to the program: no line here knows a packet.
"""
