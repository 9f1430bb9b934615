"""Governance: who decides, what was decided, and who carries it out by when.

Record types: committee (council or steering committee), seat, meeting, resolution, task book, task, milestone, task
appraisal. Serves 四（一）3, 五（一）; rules R03, R04, R20.
"""
