"""Bases (基地): where theory becomes practice, on the campus and at firms; what both sides put in, how it is used, whom it has places for.

Record types: base, safety check, contribution, benefit statement, room, booking, base use, resident unit, guide, place
capacity, practice demand, base plan, term summary, base recognition, expert review, recognition criterion.
Serves 四（四）1–2 and the training bases of 四（五）1 (D-34 – D-47); rules R07 – R13.
"""
