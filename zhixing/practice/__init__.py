"""Practice (实践教学): students in firms, from the plan to the grade, inside the rules that protect them.

Record types: practice plan with its documents and supervisors; post with inspections, filings and violations of firms;
preference and ranking; placement with consents, insurance, safety tests, agreement, presence, visits, leave, changes,
incidents, evaluations and certificate; red-line findings and overrides.
Serves 四（四）2, duties D-40 to D-42; 职业学校学生实习管理规定 (教职成〔2021〕4号) rules I-01 to I-35.
"""
