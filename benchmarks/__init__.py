"""What every claim of speed rests on: `python -m benchmarks` measures ours and the floor side by side, in one run."""
