"""A load balancer that does SNAT, its clients and its server, in network namespaces.

The lab makes captures whose truth is known: the server's kernel counts what it did, conntrack says
what was translated, and the clients say how long they waited.
"""
