"""Columns that registers of running placements have in common: of whom a row is."""

PLACED = ("placement", "placement__plan", "placement__plan__major__unit", "placement__post__organisation")
SEARCH = ("placement__student__name", "placement__student__number", "placement__post__organisation__name")
# How a register from outside heads the column that names the student.
STUDENT = ("学号", "学生", "姓名")
