"""The peers of `bench_history_peers.py`: one module per engine, the shared SQL, and the runner."""
