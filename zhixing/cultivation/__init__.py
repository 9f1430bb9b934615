"""Cultivation (人才培养): what is taught with firms, and who is trained for whom.

Record types: training plan with signatures of firms, posts, abilities, courses and their changes; enterprise project and
its uses; shared resource; order class with posts, applicants, both sides' rankings, roster, hires and follow-ups;
apprenticeship with enrolment plans, candidates, apprentices, masters, rotations, reviews and changes; risk and play-book.
Serves 四（三）1–2, duties D-27 to D-33; rules R21, R22, R23.
"""
