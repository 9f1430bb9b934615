"""Cultivation (人才培养): what is taught with firms, and who is trained for whom.

Record types: training plan with signatures of firms, posts, abilities, courses and their changes; enterprise project and
its uses; shared resource; order class with posts, applicants, both sides' rankings, roster, hires and follow-ups.
Serves 四（三）1, duties D-27 to D-30; rules R21, R23.
"""
