"""The sample college: a Hainan college that does not exist, made from real codes and a fixed seed, for the demo, the tests and the benchmarks.

Everything is a function of the scale, the seed and a day: the same three give the same college. The day is today by default, so that the
current academic year is always the one running. `docs/sample-college.md` tells who is who, what is red and why.
"""
