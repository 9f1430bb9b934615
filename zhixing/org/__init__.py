"""The college itself: calendar, units, people and their roles.

Record types: school, academic year, term, unit, major group, major, cohort, person, teacher, student, membership, delegation; and the national
reference tables (majors, industry codes, divisions, colleges, holidays). Every other domain stands on these. Serves 五（一） and all clauses that
name 二级学院, 专业群, 专业 or 专任教师.
"""
