"""Benchmarks: each is one command, its results are ratios or shares."""
