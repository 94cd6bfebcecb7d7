"""The comparison of echod with other servers; see benchmarks/README.md."""
