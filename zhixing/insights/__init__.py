"""What the records and standings say to each reader: the home page by role, the overview, the assessment reports.

Record type: Report (评估报告). It serves every clause by telling its holder in time, and 五（四） and
四（四）2 by putting the year's standings on paper.
"""
