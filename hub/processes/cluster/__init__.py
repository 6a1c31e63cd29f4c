"""Puts the cluster engine together: one parent on each machine, and a process or more for each role it runs there."""
