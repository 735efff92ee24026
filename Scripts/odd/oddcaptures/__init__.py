"""Odd captures, and whether snat-audit reads of them what libpcap and capinfos read."""
