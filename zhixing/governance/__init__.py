"""Governance: who decides, what was decided, and who carries it out by when.

Record types: council, committee, seat, meeting, resolution, task book, task, task appraisal. Serves 四（一）3, 五（一）; rules R03, R04, R20.
"""
