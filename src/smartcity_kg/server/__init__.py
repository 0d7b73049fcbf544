"""The server: pages that negotiate, SPARQL for strangers, checks on the web (layer 6).

This module imports nothing, since every worker process begins with it.
"""
