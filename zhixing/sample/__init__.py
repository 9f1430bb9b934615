"""The sample college: registers that could be a Hainan college's, from real codes and a fixed seed.

The demo, the tests and the benchmarks run on it. Everything is a function of the scale, the seed and a day: the same
three give the same college. The day is today, so that the current academic year is always the one running.
`docs/sample-college.md` tells who is who, what is red and why.
"""
